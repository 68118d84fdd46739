"""The HTML pages of the error codes: one for each code and one that lists them all."""

import re
from html import escape

from app.domain.organisations.organisations import Language
from app.texts.problems import CODES, frame_of, paragraphs_of, title_of
from app.texts.rendering import LANGUAGES

_CODE_SPAN = re.compile(r"`([^`]+)`")


def page_of(code: str, language: Language) -> str | None:
    """The page of a code: what it means and what the caller can do next. None where there is no such code."""
    if code not in CODES:
        return None
    frame = frame_of(language)
    paragraphs = "\n".join(f"<p>{_marked_up(paragraph)}</p>" for paragraph in paragraphs_of(code, language))
    return _document(
        language,
        title_of(code, language),
        f"<p>{escape(frame['code'])}: <code>{escape(code)}</code></p>\n{paragraphs}\n"
        f'<p><a href="/problems?lang={language}">{escape(frame["all_codes"])}</a></p>',
    )


def index_page(language: Language) -> str:
    """The list of all codes with their titles."""
    frame = frame_of(language)
    items = "\n".join(
        f'<li><a href="/problems/{escape(code)}?lang={language}"><code>{escape(code)}</code></a> '
        f"{escape(title_of(code, language))}</li>"
        for code in CODES
    )
    body = f"<p>{escape(frame['index_text'])}</p>\n<ul>\n{items}\n</ul>"
    return _document(language, frame["index_title"], body)


def _marked_up(paragraph: str) -> str:
    return _CODE_SPAN.sub(r"<code>\1</code>", escape(paragraph, quote=False))


def _document(language: Language, title: str, body: str) -> str:
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
