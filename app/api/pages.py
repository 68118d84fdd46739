"""HTML pages without scripts, in three languages: what they all have around their content."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from app.domain.organisations.organisations import Language
from app.texts.problems import frame_of
from app.texts.rendering import LANGUAGES

NAME = "Tuntipankki"
"""The name of the service, which is the title of its front page."""

_CODE_SPAN = re.compile(r"`([^`]+)`")


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
