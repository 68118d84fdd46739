"""The HTML pages of the error codes: one for each code and one that lists them all."""

import json
from html import escape

from app.api.pages import document, paragraphs
from app.api.problem_facts import example_of
from app.api.problems import STATUSES
from app.domain.organisations.organisations import Language
from app.texts.problems import CODES, frame_of, paragraphs_of, title_of


def page_of(code: str, language: Language) -> str | None:
    """The page of a code: what it means and what the caller can do next. None where there is no such code."""
    if code not in CODES:
        return None
    frame = frame_of(language)
    example = json.dumps(example_of(code, STATUSES[code], language)["value"], ensure_ascii=False, indent=2)
    return document(
        language,
        title_of(code, language),
        f"<p>{escape(frame['code'])}: <code>{escape(code)}</code></p>\n{paragraphs(paragraphs_of(code, language))}\n"
        f"<h2>{escape(frame['example'])}</h2>\n<pre><code>{escape(example, quote=False)}</code></pre>\n"
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
    return document(language, frame["index_title"], body)
