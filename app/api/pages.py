"""HTML pages without scripts, in three languages: what they all have around their content."""

import re
from collections.abc import Iterable
from html import escape

from app.domain.organisations.organisations import Language
from app.texts.problems import frame_of
from app.texts.rendering import LANGUAGES

_CODE_SPAN = re.compile(r"`([^`]+)`")


def paragraphs(texts: Iterable[str]) -> str:
    """HTML of paragraphs with `code` in them."""
    return "\n".join(f"<p>{_marked_up(text)}</p>" for text in texts)


def _marked_up(text: str) -> str:
    return _CODE_SPAN.sub(r"<code>\1</code>", escape(text, quote=False))


def document(language: Language, title: str, body: str) -> str:
    """The page. `body` is HTML."""
    others = "\n".join(
        f'<a href="?lang={other}" hreflang="{other}" lang="{other}">{escape(frame_of(other)["language"])}</a>'
        for other in LANGUAGES
        if other != language
    )
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} – Tuntipankki</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
code {{ overflow-wrap: anywhere; }}
li {{ margin: 0.5rem 0; }}
nav a {{ margin-right: 1rem; }}
</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{body}
</main>
<nav aria-label="{escape(frame_of(language)["languages"])}">
{others}
</nav>
</body>
</html>
"""
