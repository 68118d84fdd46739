"""The texts of the pages for people: those that links in emails lead to, and those of public operations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.organisations.organisations import Language
from app.texts.document_parts import rows_of
from app.texts.problems import detail_of, title_of
from app.texts.rendering import Facts, Texts, texts_of


@dataclass(frozen=True)
class PageText:
    title: str
    paragraphs: Sequence[str]
    button: str = ""
    """What the form of the page says on its button. Empty for a page without a form."""
    link: str = ""
    """What the link to the operation says. Empty for a page without a link."""


def page_text(name: str, language: Language, facts: Facts) -> PageText:
    """The text of `[{name}]`: its `title`, its `text`, and perhaps its `button` and `link`."""
    texts = texts_of("pages", language)
    wording = _table_of(texts, name)
    said = texts.say(wording["text"], facts)
    title = texts.choose(wording["title"], facts)
    return PageText(title, said.split("\n\n"), wording.get("button", ""), wording.get("link", ""))


def facts_of_page(name: str, language: Language, facts: Facts) -> list[tuple[str, str]]:
    """The `facts` of `[{name}]` that are known, each with its label."""
    texts = texts_of("pages", language)
    return rows_of(texts, _table_of(texts, name)["facts"], facts)


def _table_of(texts: Texts, name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = texts.tables
    for part in name.split("."):
        table = table[part]
    return table


def words_of(name: str, part: str, language: Language) -> dict[str, str]:
    """The words of `[{name}.{part}]`."""
    return dict(texts_of("pages", language).tables[name][part])


def text_of_refusal(name: str, code: str, facts: Facts, language: Language) -> PageText:
    """Why there is no page, in the words for the state or for the code, else in those of the problem.

    `name` is what the page is about, for example `role-invitation` or `certificate`.
    """
    refusals = texts_of("pages", language).tables["refusals"]
    own = refusals.get(name, {})
    wording = own.get(facts.get("state")) or own.get(code) or refusals.get(code)
    if wording:
        return PageText(wording["title"], [wording["text"]])
    return PageText(title_of(code, language), [detail_of(code, facts, language)])
