"""Facts stand in a text as its language writes them, and what is not known leaves its sentence out."""

from datetime import UTC, date, datetime
from enum import Enum
from uuid import UUID

import pytest

from app.domain.organisations.organisations import Language
from app.texts.rendering import Piece, Texts, texts_of

MIDNIGHT = datetime(2023, 3, 12, 22, tzinfo=UTC)
SUMMER_MORNING = datetime(2023, 8, 14, 6, 5, tzinfo=UTC)


def texts(language: Language) -> Texts:
    shared = texts_of("words", language)
    forms: dict[str, str | dict[str, str]] = {
        "some": {"zero": "none", "one": "one", "other": "{count}"},
        "times": {"one": "{count} time", "other": "{count} times"},
        "held": "year {year:year}: {hours}",
    }
    return Texts(language, {}, {"open": "auki", "shut": "kiinni"}, forms, shared.patterns)


class Side(Enum):
    LEFT = "open"


@pytest.mark.parametrize(
    ("template", "fact", "fi", "sv", "en"),
    [
        ("{n}", 1450, "1\u00a0450", "1\u00a0450", "1,450"),
        ("{n}", -1234567, "−1\u00a0234\u00a0567", "−1\u00a0234\u00a0567", "−1,234,567"),
        ("{n}", 1.5, "1,5", "1,5", "1.5"),
        ("{n}", True, "True", "True", "True"),
        ("{n:year}", 2023, "2023", "2023", "2023"),
        ("{n:percent}", 80, "80\u00a0%", "80\u00a0%", "80%"),
        ("{n}", date(2023, 3, 1), "1.3.2023", "1.3.2023", "1 March 2023"),
        ("{n:day}", "2023-03-01", "1.3.2023", "1.3.2023", "1 March 2023"),
        ("{n}", MIDNIGHT, "13.3.2023 klo 0.00", "13.3.2023 kl. 0.00", "13 March 2023 at 00:00"),
        ("{n}", SUMMER_MORNING, "14.8.2023 klo 9.05", "14.8.2023 kl. 9.05", "14 August 2023 at 09:05"),
        ("{n}", 0, "0", "0", "0"),
        ("{n:day}", MIDNIGHT, "13.3.2023", "13.3.2023", "13 March 2023"),
        ("{n:day}", "2023-03-12T22:00:00+00:00", "13.3.2023", "13.3.2023", "13 March 2023"),
        ("{n}", ["a", "b", "c"], "a, b ja c", "a, b och c", "a, b and c"),
        ("{n:or}", ["a", "b", "c"], "a, b tai c", "a, b eller c", "a, b or c"),
        ("n: {n:word or}", ["open", "shut"], "n: auki tai kiinni", "n: auki eller kiinni", "n: auki or kiinni"),
        ("n: {n:word}", Side.LEFT, "n: auki", "n: auki", "n: auki"),
        ("n: {n:word}", "neither", "n: neither", "n: neither", "n: neither"),
        ("{n:word} x", "open", "Auki x", "Auki x", "Auki x"),
        ("{n} x", "open", "open x", "open x", "open x"),
        ("{n:some}", 0, "none", "none", "none"),
        ("{n:some}", 2, "2", "2", "2"),
        ("{n:times}", 0, "0 times", "0 times", "0 times"),
        ("{n:times}", 1, "1 time", "1 time", "1 time"),
        ("{n:times}", 1450, "1\u00a0450 times", "1\u00a0450 times", "1,450 times"),
        (
            "– {n:held}",
            [{"year": 2023, "hours": 1000}, {"year": 2024, "hours": 1}],
            *["– year 2023: 1\u00a0000; year 2024: 1"] * 2,
            "– year 2023: 1,000; year 2024: 1",
        ),
        ("{n}", UUID(int=1), *["00000000-0000-0000-0000-000000000001"] * 3),
        ("{n}", "{name}", *["{name}"] * 3),
        ("{{n}}", "x", *["{n}"] * 3),
    ],
)  # fmt: skip
def test_a_fact_is_written_as_the_language_writes_it(template: str, fact: object, fi: str, sv: str, en: str) -> None:
    written = {language: texts(language).fill(template, {"n": fact}) for language in ("fi", "sv", "en")}
    assert written == {"fi": fi, "sv": sv, "en": en}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"a": 1, "b": 2, "c": 3}, "News 1. More 2.\nThird: 3\n\nIf 1 then 3.\n\nThe end."),
        ({"a": 1, "b": None, "c": ""}, "News 1.\n\nThe end."),
        ({"b": 2}, "More 2.\n\nThe end."),
        ({"c": [], "b": ()}, "The end."),
    ],
)
def test_a_missing_fact_leaves_its_sentence_its_line_and_its_paragraph_out(facts: dict[str, object], said: str) -> None:
    text = "\nNews {a}. More {b}.\nThird: {c}\n\nIf {a} then {c}.\n\nThe end.\n"
    assert texts("en").say(text, facts) == said


def test_a_sentence_of_a_list_may_ask_for_facts_that_it_does_not_name() -> None:
    pieces: list[Piece] = [{"text": "One.", "when": ["a"]}, {"text": "Two {b}.", "unless": ["a"]}, "Three."]
    assert texts("en").say(pieces, {"a": 1, "b": 2}) == "One. Three."
    assert texts("en").say(pieces, {"b": 2}) == "Two 2. Three."
    assert texts("en").say(pieces, {}) == "Three."


def test_the_fullest_wording_that_the_facts_allow_is_chosen() -> None:
    wordings = ["{a} of {b}", "{a}", "none"]
    assert texts("en").choose(wordings, {"a": 1, "b": 2}) == "1 of 2"
    assert texts("en").choose(wordings, {"a": 1}) == "1"
    assert texts("en").choose(wordings, {"b": 1}) == "none"
    assert texts("en").choose("always", {}) == "always"


@pytest.mark.parametrize(
    ("language", "cents", "written"),
    [
        ("fi", 123_456, "1\u00a0234,56\u00a0€"),
        ("sv", 5, "0,05\u00a0€"),
        ("en", 10**13, "€100,000,000,000.00"),
        ("fi", -150, "\N{MINUS SIGN}1,50\u00a0€"),
    ],
)
def test_cents_are_written_in_euros(language: Language, cents: int, written: str) -> None:
    texts = texts_of("training_documents", language)
    assert texts.fill("{cents:euros}", {"cents": cents}).replace("\u202f", "\u00a0") == written
