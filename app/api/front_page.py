"""The front page, for people who come upon the service, and the text of the rulebook."""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.kept_pages import respond
from app.api.languages import page_language
from app.api.pages import document, paragraphs
from app.domain.organisations.organisations import Language
from app.texts.pages import page_text, words_of

RULEBOOK = Path(__file__).parents[2] / "docs" / "rulebook.md"
_HEADING = re.compile(r'^##+ <a id="([^"]+)"></a>(.+)$', re.MULTILINE)
_SECTION = re.compile(r"(?<!RFC \d{4}\s)§([\d.]*\d)")
Welcome = Callable[[Request, Language], Awaitable[str]]
"""Returns HTML for the front page, below the service's own."""

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_front_page(request: Request) -> Response:
    language = page_language(request)
    text, links = page_text("front", language, {}), words_of("front", "links", language)
    addresses = {
        "docs": "/docs",
        "openapi": "/openapi.json",
        "problems": f"/problems?lang={language}",
        "rulebook": f"/rulebook?lang={language}",
    }
    listed = "\n".join(f'<li><a href="{path}">{escape(links[name])}</a></li>' for name, path in addresses.items())
    welcome: Welcome | None = request.app.state.backend.welcome
    more = await welcome(request, language) if welcome else ""
    body = f"{paragraphs(text.paragraphs)}\n<ul>\n{listed}\n</ul>\n{more}"
    return respond(request, document(language, text.title, body), language)


@router.get("/rulebook")
async def get_rulebook(request: Request) -> Response:
    return respond(request, _rulebook(page_language(request)), "en")


@cache
def _rulebook(reader: Language) -> str:
    """The rulebook, which is in English, with a way back in the reader's language."""
    # Few read it, and the library is not needed for anything else.
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark").enable("table")
    # A table wider than a telephone scrolls by itself.
    markdown.add_render_rule("table_open", lambda *_: '<div class="wide" tabindex="0"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    title, _, text = RULEBOOK.read_text(encoding="utf-8").partition("\n")
    anchors = {anchor for anchor, _ in _HEADING.findall(text)}

    def linked(section: re.Match[str]) -> str:
        return f'<a href="#{section[1]}">{section[0]}</a>' if section[1] in anchors else section[0]

    body = _contents_of(text) + _SECTION.sub(linked, markdown.render(text))
    return document("en", title.removeprefix("# "), body, reader)


def _contents_of(text: str) -> str:
    """The table of contents: chapters, and their sections below them."""
    items = []
    for chapter in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        first, *sections = (f'<a href="#{anchor}">{escape(name)}</a>' for anchor, name in _HEADING.findall(chapter))
        below = "".join(f"<li>{link}</li>\n" for link in sections)
        items.append(f"<li>{first}" + (f"\n<ul>\n{below}</ul>\n" if below else "") + "</li>\n")
    return f'<nav aria-labelledby="contents">\n<h2 id="contents">Contents</h2>\n<ul>\n{"".join(items)}</ul>\n</nav>\n'
