"""What the mails say, kept as data in `texts/`: each event's in Finnish, Swedish and English.

The one place of the rule book that reads files: its own, once, when it is imported.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from app.domain.organisations.organisations import Language

Recipients = Literal["main_users", "managers", "staff", "person", "signatory"]
"""The central organisation's main users; the main users or the unit's managers, whosever the organisation is; the
study centre's staff; or the one person whom the fact `person_id` or `signatory_person_id` names."""
Sending = Literal["always", "promptly", "gathered"]
"""`always` is what nobody can turn off; what is `gathered` reminds, and waits for the digest."""
LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
UNKNOWN = "–"
"""Stands where an event lacks a fact: a mail with a gap is better than none."""


@dataclass(frozen=True)
class Wording:
    subject: str
    text: str
    calendar: str = ""
    """The title of the day that goes into the reader's calendar."""


@dataclass(frozen=True)
class Told:
    """An event that is told by mail."""

    to: Recipients
    sending: Sending
    facts: Mapping[str, Any]
    """Those that the texts name, with an example of each."""
    wordings: Mapping[Language, Wording]
    day: str | None = None
    """The fact that is a day to keep."""
    also: Sequence[str] = ()
    """Facts of which a sentence of the frame tells, where the event has them."""
    told_by: Sequence[str] = ()
    """Facts that name what another mail tells the same person of: with any of them this one is not sent."""

    def is_told_elsewhere(self, facts: Mapping[str, Any]) -> bool:
        """What happened is told once (rulebook §5.7)."""
        return any(facts.get(fact) for fact in self.told_by)


@dataclass(frozen=True)
class Letter:
    """What one person is told, in that person's language."""

    subject: str
    text: str
    day: date | None
    """A day to keep, if there is one."""
    day_title: str


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).with_name("texts") / f"{name}.toml").read_text(encoding="utf-8"))


def _told(event: dict[str, Any]) -> Told:
    wordings = {language: Wording(**event[language]) for language in LANGUAGES}
    others = {name: event[name] for name in ("day", "also", "told_by") if name in event}
    return Told(event["to"], event["sending"], event.get("facts", {}), wordings, **others)


_FRAME = _read("frame")
EVENTS: dict[str, Told] = {
    name: _told(event)
    for area in ("calendar", "hours", "organisations", "people")
    for name, event in _read(area).items()
}
"""By the event's name, `subject.verb`."""


def letter_of(
    event: str,
    language: Language,
    *,
    name: str,
    organisation: str,
    study_centre: str,
    facts: Mapping[str, Any],
    reason: str | None,
) -> Letter:
    """The mail that tells somebody of an event of `EVENTS`."""
    told = EVENTS[event]
    wording = told.wordings[language]
    known = _Known({key: _said(value, key, language) for key, value in facts.items() if value is not None})
    known |= {"organisation": organisation, "study_centre": study_centre}
    also = [_FRAME["also"][fact][language].format_map(known) for fact in told.also if fact in known]
    paragraphs = [" ".join([wording.text.strip().format_map(known), *also])]
    if reason:
        paragraphs.append(f"{_FRAME['reason'][language]}: {reason}")
    day = facts.get(told.day) if told.day else None
    return Letter(
        subject=one_line(wording.subject.format_map(known)),
        text=framed("\n\n".join(paragraphs), language, name=name, study_centre=study_centre),
        day=date.fromisoformat(day) if day else None,
        day_title=wording.calendar.format_map(known),
    )


def framed(text: str, language: Language, *, name: str, study_centre: str) -> str:
    """With the greeting before it and the sender below it."""
    frame = {part: _FRAME[part][language] for part in ("greeting", "closing")}
    return f"{frame['greeting'].format(name=name)}\n\n{text}\n\n{frame['closing']}\n{study_centre}"


def digest_of(letters: list[tuple[str, str]], language: Language, *, name: str, study_centre: str) -> tuple[str, str]:
    """Subject and text of one mail in place of several, each given by its subject and framed text."""
    parts = [_FRAME["digest"][language]["text"]]
    parts += [f"{subject}\n{_unframed(text)}" for subject, text in letters]
    subject = _FRAME["digest"][language]["subject"].format(count=len(letters))
    return subject, framed("\n\n".join(parts), language, name=name, study_centre=study_centre)


def day_text(day: date, language: Language) -> str:
    if language == "en":
        return f"{day.day} {_FRAME['months']['en'][day.month - 1]} {day.year}"
    return f"{day.day}.{day.month}.{day.year}"


def one_line(text: str) -> str:
    """A subject has no line breaks, whatever it is made of."""
    return " ".join(text.split())


def _unframed(text: str) -> str:
    """Without the first paragraph, which greets, and the last, which closes."""
    return "\n\n".join(text.split("\n\n")[1:-1])


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return UNKNOWN


def _said(value: object, name: str, language: Language) -> str:
    """A fact as it is said: numbers in groups, days in the language's form, our own words translated."""
    if isinstance(value, int) and not isinstance(value, bool) and "year" not in name:
        return f"{value:,}".replace(",", "," if language == "en" else "\N{NO-BREAK SPACE}")
    text = str(value)
    if name.endswith(("_on", "_at", "_by", "_from", "_until", "day")) and text[4:5] == text[7:8] == "-":
        return day_text(date.fromisoformat(text[:10]), language)
    return str(_FRAME["words"].get(text, {}).get(language, text))
