"""The texts of the pages that links in mails lead to."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.organisations.organisations import Language
from app.texts.problems import detail_of, title_of
from app.texts.rendering import Facts, texts_of


@dataclass(frozen=True)
class PageText:
    title: str
    paragraphs: Sequence[str]
    button: str = ""
    """What the form of the page says on its button. Empty for a page without a form."""


def page_text(name: str, language: Language, facts: Facts) -> PageText:
    """The text of `[{name}]`: its `title`, its `text`, and perhaps its `button`."""
    texts = texts_of("pages", language)
    wording = texts.tables
    for part in name.split("."):
        wording = wording[part]
    said = texts.say(wording["text"], facts)
    return PageText(texts.choose(wording["title"], facts), said.split("\n\n"), wording.get("button", ""))


def words_of(name: str, part: str, language: Language) -> dict[str, str]:
    """The words of `[{name}.{part}]`."""
    return dict(texts_of("pages", language).tables[name][part])


def text_of_refusal(code: str, facts: Facts, language: Language) -> PageText:
    """What happened to the token, in the page's words if it has any of that code, else in those of the problem."""
    if code in texts_of("pages", language).tables["refusals"]:
        wording = texts_of("pages", language).tables["refusals"][code]
        return PageText(wording["title"], [texts_of("pages", language).say(wording["text"], facts)])
    return PageText(title_of(code, language), [detail_of(code, facts, language)])
