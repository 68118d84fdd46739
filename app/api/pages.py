"""HTML pages in three languages: what they all have around their content, and the policy that browsers apply."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse

from app.domain.organisations.organisations import Language
from app.texts.problems import frame_of
from app.texts.rendering import LANGUAGES

NAME = "Tuntipankki"
"""The name of the service, which is the title of its front page."""

_CODE_SPAN = re.compile(r"`([^`]+)`")
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


class HtmlPage(HTMLResponse):
    """A page whose Content-Security-Policy allows the scripts and styles that it contains, and no others."""

    def __init__(
        self, content: str, status: int = 200, headers: Mapping[str, str] | None = None, *, allowed: str = ""
    ) -> None:
        """`allowed` are further directives of the policy."""
        super().__init__(content, status, {"Content-Security-Policy": _policy_of(content, allowed), **(headers or {})})


@lru_cache(256)
def _policy_of(content: str, allowed: str) -> str:
    sources = {
        "default-src": "'none'",
        "img-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
    }
    for kind, text in _INLINE.findall(content):
        sources[f"{kind}-src"] += f" 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
    for directive in filter(None, allowed.split(";")):
        name, _, values = directive.strip().partition(" ")
        sources[name] = values
    return "; ".join(f"{name} {values}" for name, values in sources.items())


def paragraphs(texts: Iterable[str]) -> str:
    """HTML of paragraphs with `code` in them."""
    return "\n".join(f"<p>{_marked_up(text)}</p>" for text in texts)


def _marked_up(text: str) -> str:
    return _CODE_SPAN.sub(r"<code>\1</code>", escape(text, quote=False))


def document(language: Language, title: str, body: str, others: Sequence[Language] = LANGUAGES) -> str:
    """The page. `body` is HTML; `others` are the languages that it is in."""
    links = "\n".join(
        f'<a href="?lang={other}" hreflang="{other}" lang="{other}">{escape(frame_of(other)["language"])}</a>'
        for other in others
        if other != language
    )
    title_tag = escape(title) if title == NAME else f"{escape(title)} – {NAME}"
    frame = frame_of(language)
    back = "" if title == NAME else f'<a href="/?lang={language}">{escape(frame["front_page"])}</a>\n'
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title_tag}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
code {{ overflow-wrap: anywhere; }}
pre {{ white-space: pre-wrap; }}
main {{ overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid; padding: 0.3rem 1rem 0.3rem 0; text-align: left; vertical-align: top; }}
li {{ margin: 0.5rem 0; }}
nav a {{ margin-right: 1rem; }}
</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
<nav aria-label="{escape(frame["navigation"])}">
{back}{links}
</nav>
</body>
</html>
"""
