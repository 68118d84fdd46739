"""HTML pages in three languages: what they all have around their content, and the policy that browsers apply."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import TypeVar

from fastapi import Request
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse

from app.api.languages import page_language
from app.api.media_types import accepted
from app.domain.organisations.organisations import Language
from app.pictures.drawing import STYLE as STYLE_OF_PICTURES
from app.texts.problems import frame_of
from app.texts.rendering import LANGUAGES

HTML = "text/html; charset=utf-8"
Result = TypeVar("Result")
NAME = "Tuntipankki"
"""The name of the service, which is the title of its front page."""

STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; hyphens: auto; }
h1 { font-size: clamp(1.5rem, 7vw, 2rem); }
button, input { font: inherit; padding: 0.5rem 1rem; }
article { border-top: 1px solid; margin-top: 2rem; }
main { overflow-wrap: break-word; }
code { overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin-right: min(0px, 23rem - 50vw); }
.picture { max-width: 100%; height: auto; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid; padding: 0.3rem 1rem 0.3rem 0; text-align: left; vertical-align: top; }
.wide :is(th, td) { min-width: 6rem; }
.wide td:last-child { min-width: 15rem; }
.wide code { overflow-wrap: normal; }
dt { font-weight: bold; }
dd { margin: 0 0 0.5rem; }
li { margin: 0.5rem 0; }
nav li { margin: 0.2rem 0; }
body > nav a { margin-right: 1rem; }
@media (min-width: 40rem) {
  dl { display: grid; grid-template-columns: fit-content(40%) 1fr; gap: 0.3rem 1rem; }
  dd { margin: 0; }
  dt, dd { min-width: 0; }
}
@media (max-width: 40rem) {
  .cards thead { display: none; }
  .cards :is(tr, td) { display: block; border: 0; padding: 0; }
  .cards tr { border-bottom: 1px solid; padding: 0.5rem 0; }
}
"""
_CODE_SPAN = re.compile(r"`([^`]+)`")


def policy_with(**sources: str) -> str:
    """The Content-Security-Policy of a page, whose directives these replace or join. No script may run without them."""
    policy = {
        "default-src": "'none'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "script-src": "'none'",
        "style-src": "'none'",
    } | {f"{kind}-src": allowed for kind, allowed in sources.items()}
    return "; ".join(f"{name} {allowed}" for name, allowed in policy.items())


def inline(text: str) -> str:
    """The source of a script or style within a page. The text is a known one, never read from the page."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = policy_with(style=f"{inline(STYLE)} {inline(STYLE_OF_PICTURES)}")


class HtmlPage(HTMLResponse):
    """A page with a Content-Security-Policy."""

    def __init__(
        self, content: str, status: int = 200, headers: Mapping[str, str] | None = None, *, policy: str = POLICY
    ) -> None:
        super().__init__(content, status, {"Content-Security-Policy": policy, **(headers or {})})


@dataclass(frozen=True)
class ShownPage:
    """The answer of an operation to a browser that opens its path: a page in place of JSON."""

    content: str
    language: Language

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Language": self.language, "Content-Security-Policy": POLICY}


def page_or(request: Request, result: Result, page: Callable[[Result, Language], str]) -> Result | ShownPage:
    """The result of an operation, or for a browser its page in the reader's language."""
    if not asks_for_page(request.headers):
        return result
    language = page_language(request)
    return ShownPage(page(result, language), language)


def asks_for_page(headers: Headers) -> bool:
    """Whether the reader is a browser, which accepts a page rather than JSON."""
    return accepted(headers, "application/json", "text/html") == "text/html"


def paragraphs(texts: Iterable[str]) -> str:
    """HTML of paragraphs with `code` in them, and with a link where it is `/docs`."""
    return "\n".join(f"<p>{_marked_up(text)}</p>" for text in texts)


def facts_list(facts: Iterable[tuple[str, str]]) -> str:
    """HTML of facts, each with its label."""
    items = "\n".join(f"<dt>{escape(label)}</dt><dd>{escape(fact)}</dd>" for label, fact in facts)
    return f"<dl>\n{items}\n</dl>"


def _marked_up(text: str) -> str:
    marked = _CODE_SPAN.sub(r"<code>\1</code>", escape(text, quote=False))
    return marked.replace("<code>/docs</code>", '<a href="/docs"><code>/docs</code></a>')


def document(language: Language, title: str, body: str, reader: Language | None = None) -> str:
    """The page. `body` is HTML. `reader` is the reader's language if the page is in `language` alone."""
    others = LANGUAGES if reader is None else ()
    frame = frame_of(reader or language)
    links = [
        f'<a href="?lang={other}" hreflang="{other}" lang="{other}">{escape(frame_of(other)["language"])}</a>'
        for other in others
        if other != language
    ]
    if title != NAME:
        links.insert(0, f'<a href="/?lang={reader or language}">{escape(frame["front_page"])}</a>')
    title_tag = escape(title) if title == NAME else f"{escape(title)} – {NAME}"
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title_tag}</title>
<style>{STYLE}</style>
</head>
<body>
<nav aria-label="{escape(frame["navigation"])}" lang="{reader or language}">
{" ".join(links)}
</nav>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
</body>
</html>
"""
