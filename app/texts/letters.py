"""The words of the letter about a decision, and of the draft of a decision plan."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.calendar.deadlines import Window, last_day_of
from app.domain.hours.letters import LetterFacts, NextDays
from app.domain.hours.plans import DecisionPlan, PlanItem
from app.domain.organisations.organisations import Language
from app.texts.rendering import Facts, Texts, texts_of


def letter_words(language: Language, letter: LetterFacts, days: NextDays) -> Mapping[str, Any]:
    """The letter's words, without the sentences and rows whose facts are not known."""
    texts = texts_of("letters", language)
    table = texts.tables["letter"]
    facts = {
        **vars(letter),
        "organisation": letter.organisation_name,
        "decided_by": letter.decided_by_name,
        "nothing": letter.hours == 0 or None,
        "windows": [_window(texts, window) for window in days.changes],
        "windows_over": days.are_changes_over or None,
        "entry_opens_on": days.entry_opens_on,
        "statements_by": days.statements_by,
    }
    return {
        **_frame(texts),
        **{name: table[name] for name in ("decision_title", "reason_title", "next_title")},
        "title": texts.fill(table["title"], facts),
        "made": texts.fill(table["made"], facts),
        "granting": texts.say(table["granting"], facts),
        "facts": _rows(texts, table["facts"], facts),
        "reason": _paragraphs_of(letter.reason),
        "next": [sentence for piece in table["next"] if (sentence := texts.say([piece], facts))],
    }


def letter_name(language: Language, reference: str | None, year: int) -> str:
    """The file name of a letter, in ASCII."""
    texts = texts_of("letters", language)
    return texts.fill(texts.tables["letter"]["file"], {"of": reference or str(year)})


def plan_words(language: Language, plan: DecisionPlan, made_at: datetime) -> Mapping[str, Any]:
    """The words around the rows of a plan."""
    texts = texts_of("letters", language)
    table = texts.tables["plan"]
    facts = {**vars(plan.sums), "year": plan.year, "name": plan.name, "edited_at": made_at}
    return {
        **_frame(texts),
        "title": texts.fill(table["title"], facts),
        "draft": table["draft"],
        "made": texts.fill(table["made"], facts),
        "columns": table["columns"],
        "sums": _rows(texts, table["sums"], facts),
    }


def plan_rows(language: Language, items: Sequence[PlanItem]) -> Sequence[tuple[str, str, str, Sequence[str]]]:
    """The cells of each row: organisation, hours asked and planned, paragraphs of the reason. Empty hours are an empty
    cell."""
    texts = texts_of("letters", language)

    def number(hours: int | None) -> str:
        return "" if hours is None else texts.fill("{hours}", {"hours": hours})

    return [
        (item.organisation_name, number(item.asked), number(item.hours), _paragraphs_of(item.reason)) for item in items
    ]


def _paragraphs_of(reason: str | None) -> list[str]:
    """The lines that are not empty. A document shows a line break within a text as a space."""
    return [line.strip() for line in (reason or "").splitlines() if line.strip()]


def _frame(texts: Texts) -> dict[str, str]:
    return {name: texts.tables[name] for name in ("page", "of")}


def _rows(texts: Texts, rows: Sequence[Sequence[str]], facts: Facts) -> list[tuple[str, str]]:
    said = ((name, texts.choose([value], facts)) for name, value in rows)
    return [(name, value) for name, value in said if value]


def _window(texts: Texts, window: Window) -> str:
    days = {"opens_on": window.opens_on, "closes_on": last_day_of(window)}
    return texts.choose(texts.tables["letter"]["window"], days)
