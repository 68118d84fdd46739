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
    link: str = ""
    """What the link to the operation says. Empty for a page without a link."""


def page_text(name: str, language: Language, facts: Facts) -> PageText:
    """The text of `[{name}]`: its `title`, its `text`, and perhaps its `button` and `link`."""
    texts = texts_of("pages", language)
    wording = texts.tables
    for part in name.split("."):
        wording = wording[part]
    said = texts.say(wording["text"], facts)
    title = texts.choose(wording["title"], facts)
    return PageText(title, said.split("\n\n"), wording.get("button", ""), wording.get("link", ""))


def words_of(name: str, part: str, language: Language) -> dict[str, str]:
    """The words of `[{name}.{part}]`."""
    return dict(texts_of("pages", language).tables[name][part])


def text_of_refusal(name: str, code: str, facts: Facts, language: Language) -> PageText:
    """What happened to the token, in the words for its state or for the code, else in those of the problem.

    `name` is what the token is for: `role-invitation` or `email-verification`.
    """
    refusals = texts_of("pages", language).tables["refusals"]
    wording = refusals[name].get(facts.get("state")) or refusals.get(code)
    if wording:
        return PageText(wording["title"], [wording["text"]])
    return PageText(title_of(code, language), [detail_of(code, facts, language)])
