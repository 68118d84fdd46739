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
    name: str | Callable[[dict[str, object]], str],
    read: Callable[[Language], Awaitable[dict[str, object]]],
    *,
    about: str | None = None,
    operation: tuple[str, str] | None = None,
    action: Callable[[str], str] | None = None,
) -> HtmlPage:
    """The page of that name, filled with the facts that `read` returns, or the page of the error that it raises.

    `about` is what the token is for, if the page has another name. `operation` is the method and the path of the
    operation that the page's link opens. `action` is the path that the button posts to, by the page's name; without it
    that is the page's own path.
    """
    language = page_language(request)
    status = 200
    try:
        facts = await read(language)
        shown = name if isinstance(name, str) else name(facts)
        text = page_text(shown, language, facts)
        posted_to = action(shown) if action else None
    except DomainError as refusal:
        subject = about or (name if isinstance(name, str) else "")
        text, status = text_of_refusal(subject, refusal.code, refusal.facts, language), STATUSES[refusal.code]
        posted_to = None
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    return HtmlPage(document(language, text.title, body_of(text, operation, posted_to)), status, headers)


def body_of(text: PageText, operation: tuple[str, str] | None = None, action: str | None = None) -> str:
    """With a form that posts to the path, or the page's own, if the text has a button, and a link, if it has words for
    one."""
    body = paragraphs(text.paragraphs)
    if text.button:
        to = f' action="{escape(action)}"' if action else ""
        body += f'\n<form method="post"{to}><button>{escape(text.button)}</button></form>'
    if text.link and operation:
        body += f'\n<p><a href="{escape(place_of(*operation))}">{escape(text.link)}</a></p>'
    return body
