"""The pages that links in mails lead to, outside `/v1`: the last part of their path is a token.

Their `GET` changes nothing, because mail programs open links before people do.
"""

from collections.abc import Awaitable, Callable
from html import escape
from uuid import UUID

from fastapi import Request

from app.api.backend import Backend
from app.api.languages import page_language
from app.api.pages import HtmlPage, document, paragraphs
from app.api.problems import STATUSES
from app.db.callers import Caller, list_study_centres
from app.delivery.links import place_of
from app.delivery.tokens import study_centre_of
from app.domain.errors import DomainError, NotFound
from app.domain.organisations.organisations import Language
from app.texts.pages import PageText, page_text, text_of_refusal

NOBODY = UUID(int=0)


async def caller_with(backend: Backend, token: str) -> Caller:
    """Nobody, in the study centre that the token names. Raise NotFound."""
    centre = study_centre_of(token)
    async with backend.connections.connection(None) as lobby:
        if centre is None or centre not in await list_study_centres(lobby):
            raise NotFound(pointer="/token")
    return Caller(centre, NOBODY)


async def token_page(
    request: Request,
    name: str,
    read: Callable[[Language], Awaitable[dict[str, object]]],
    *,
    about: str | None = None,
    operation: tuple[str, str] | None = None,
) -> HtmlPage:
    """The page of that name, filled with the facts that `read` returns, or the page of the error that it raises.

    `about` is what the token is for, if the page has another name. `operation` is the method and the path of the
    operation that the page's link opens.
    """
    language = page_language(request)
    status = 200
    try:
        text = page_text(name, language, await read(language))
    except DomainError as refusal:
        text, status = text_of_refusal(about or name, refusal.code, refusal.facts, language), STATUSES[refusal.code]
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    return HtmlPage(document(language, text.title, _body_of(text, operation)), status, headers)


def _body_of(text: PageText, operation: tuple[str, str] | None) -> str:
    """With a form that posts to the page's own path, if the text has a button, and a link, if it has words for one."""
    body = paragraphs(text.paragraphs)
    if text.button:
        body += f'\n<form method="post"><button>{escape(text.button)}</button></form>'
    if text.link and operation:
        body += f'\n<p><a href="{escape(place_of(*operation))}">{escape(text.link)}</a></p>'
    return body
