"""The front page, for people who come upon the service, and the text of the rulebook."""

from collections.abc import Awaitable, Callable
from functools import cache
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request

from app.api.languages import page_language
from app.api.pages import HtmlPage, document, paragraphs
from app.domain.organisations.organisations import Language
from app.texts.pages import page_text, words_of

RULEBOOK = Path(__file__).parents[2] / "docs" / "rulebook.md"
Welcome = Callable[[Request, Language], Awaitable[str]]
"""Returns HTML for the front page, below the service's own."""

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_front_page(request: Request) -> HtmlPage:
    language = page_language(request)
    text, links = page_text("front", language, {}), words_of("front", "links", language)
    addresses = {
        "docs": "/docs",
        "openapi": "/openapi.json",
        "problems": f"/problems?lang={language}",
        "rulebook": "/rulebook",
    }
    listed = "\n".join(f'<li><a href="{path}">{escape(links[name])}</a></li>' for name, path in addresses.items())
    welcome: Welcome | None = request.app.state.backend.welcome
    more = await welcome(request, language) if welcome else ""
    body = f"{paragraphs(text.paragraphs)}\n<ul>\n{listed}\n</ul>\n{more}"
    return HtmlPage(document(language, text.title, body))


@router.get("/rulebook")
async def get_rulebook() -> HtmlPage:
    return HtmlPage(_rulebook())


@cache
def _rulebook() -> str:
    # Few read it, and the library is not needed for anything else.
    from markdown_it import MarkdownIt

    title, _, text = RULEBOOK.read_text(encoding="utf-8").partition("\n")
    body = MarkdownIt("commonmark").enable("table").render(text)
    return document("en", title.removeprefix("# "), body, others=())
