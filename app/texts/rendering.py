"""Texts filled with facts: numbers, days, lists and plural forms as the language writes them; no fact, no sentence.

A fact in a text is `{name}`. Its type decides how it is written: a number in groups, a date as a day, a datetime with
its time in Helsinki, a list with "and" before its last item. Where that is not enough, the text says how:

- `{state:word}`: one of our own values, by its word in `[words]`
- `{hours:hours}`: the form `hours` of `[forms]`. A table has plural forms of a number, `{count}`, and may
  have `zero` for 0; a text is filled with the members of a mapping
- `{year:year}`: a number without groups
- `{percent:percent}`: 80 as 80 %
- `{support_cents:euros}`: an amount of cents in euros
- `{held_until:day}`: the day of an instant; the day or instant may also be in ISO 8601, as JSON has it
- `{allowed:word or}`: a list with "or" before its last item; `or` also works alone

Facts stay in their basic form: a text has them where that fits. `{{` and `}}` are braces.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, get_args

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent

from app.domain.calendar.deadlines import HELSINKI
from app.domain.organisations.organisations import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
FOLDER = Path(__file__).parent
LOCALES: dict[Language, Locale] = {
    "fi": Locale.parse("fi_FI"),
    "sv": Locale.parse("sv_FI"),
    "en": Locale.parse("en_GB"),
}
Facts = Mapping[str, object]
Piece = str | Mapping[str, Any]
"""A sentence: a text, or a table of the `text`, facts that it needs (`when`) and facts that exclude it (`unless`)."""
_END_OF_SENTENCE = re.compile(r"(?<=[.!?]) ")
_BLANK_LINES = re.compile(r"\n{3,}")
_FORMATTER = Formatter()


def is_known(fact: object) -> bool:
    return fact is not None and fact not in ("", [], ())


@lru_cache(4096)
def _parsed(template: str) -> tuple[tuple[str, str | None, str], ...]:
    """Each literal text with the fact after it and how that is written."""
    return tuple((literal, name, how or "") for literal, name, how, _ in _FORMATTER.parse(template))


def facts_of(template: str) -> frozenset[str]:
    """The names of the facts that the template needs."""
    return frozenset(name for _, name, _ in _parsed(template) if name is not None)


@dataclass(frozen=True)
class Texts:
    """One area's texts in one language."""

    language: Language
    tables: Mapping[str, Any]
    """The area's file."""
    words: Mapping[str, str]
    """Those of all areas, and over them the area's own."""
    forms: Mapping[str, str | Mapping[str, str]]
    """The same."""
    patterns: Mapping[str, str]
    """Of `day` and `instant`, as CLDR writes patterns."""

    def fill(self, template: str, facts: Facts) -> str:
        """The template with its facts, a word at its beginning with a capital. Raises KeyError where one is missing.

        The content of a fact is never read as a template.
        """
        return _capitalised(template, self._filled(template, facts))

    def choose(self, wordings: str | Sequence[str], facts: Facts) -> str:
        """The first wording whose facts are all known; the last needs none."""
        wordings = [wordings] if isinstance(wordings, str) else wordings
        known = _known(facts)
        return next((self.fill(each, known) for each in wordings if facts_of(each) <= known.keys()), "")

    def say(self, text: str | Iterable[Piece], facts: Facts) -> str:
        """The sentences whose facts are known.

        A list is of sentences. Text is of paragraphs, lines and sentences: a line without sentences is left out, and a
        paragraph without lines.
        """
        known = _known(facts)
        if not isinstance(text, str):
            return self._sentences(text, known)
        lines = [(line, self._sentences(_END_OF_SENTENCE.split(line), known)) for line in text.strip().splitlines()]
        said = "\n".join(said for line, said in lines if said or not line)
        return _BLANK_LINES.sub("\n\n", said).strip()

    def _sentences(self, pieces: Iterable[Piece], known: Facts) -> str:
        tables = ({"text": piece} if isinstance(piece, str) else piece for piece in pieces)
        return " ".join(
            self.fill(table["text"], known)
            for table in tables
            if facts_of(table["text"]).union(table.get("when", ())) <= known.keys()
            and known.keys().isdisjoint(table.get("unless", ()))
        )

    def _filled(self, template: str, facts: Facts) -> str:
        return "".join(
            literal + ("" if name is None else self._written(facts[name], how.split()))
            for literal, name, how in _parsed(template)
        )

    def _written(self, fact: object, how: Sequence[str]) -> str:
        if isinstance(fact, list | tuple | set | frozenset):
            return self._listed(fact, how)
        value = fact.value if isinstance(fact, Enum) else fact
        for way in how:
            match way:
                case "word":
                    return self.words.get(str(value), str(value))
                case "year":
                    return str(value)
                case "percent":
                    return format_percent(_number(value) / 100, locale=LOCALES[self.language])
                case "euros":
                    return self._amount(_number(value))
                case "day":
                    return self._day(value)
                case "or":
                    continue
                case form:
                    return self._formed(value, form)
        return self._plain(value)

    def _listed(self, facts: Iterable[object], how: Sequence[str]) -> str:
        items = [self._written(item, how) for item in facts]
        if any(isinstance(item, Mapping) for item in facts):
            return "; ".join(items)
        return format_list(items, style="or" if "or" in how else "standard", locale=LOCALES[self.language])

    def _formed(self, value: object, name: str) -> str:
        form = self.forms[name]
        if isinstance(form, str):
            return self._filled(form, value if isinstance(value, Mapping) else {"count": value})
        count = _number(value)
        plural = "zero" if count == 0 and "zero" in form else LOCALES[self.language].plural_form(count)
        return self._filled(form[plural], {"count": count})

    def _plain(self, value: object) -> str:
        match value:
            case datetime():
                local = value.astimezone(HELSINKI)
                return format_datetime(local, self.patterns["instant"], locale=LOCALES[self.language])
            case date():
                return self._day(value)
            case int() | float() if not isinstance(value, bool):
                return format_decimal(value, locale=LOCALES[self.language]).replace("-", "\N{MINUS SIGN}")
            case _:
                return str(value)

    def _amount(self, cents: int | float) -> str:
        amount = format_currency(Decimal(cents) / 100, "EUR", locale=LOCALES[self.language])
        return amount.replace("-", "\N{MINUS SIGN}")

    def _day(self, value: object) -> str:
        match value:
            case datetime():
                day = value.astimezone(HELSINKI).date()
            case date():
                day = value
            case _:
                text = str(value)
                is_day = len(text) == len("2023-03-13")
                return self._day(date.fromisoformat(text) if is_day else datetime.fromisoformat(text))
        return format_date(day, self.patterns["day"], locale=LOCALES[self.language])


@cache
def texts_of(area: str, language: Language) -> Texts:
    """The texts of `{language}/{area}.toml`, read once."""
    tables, shared = _read(area, language), _read("words", language)
    return Texts(
        language,
        tables,
        {**shared["words"], **tables.get("words", {})},
        {**shared["forms"], **tables.get("forms", {})},
        shared["patterns"],
    )


@cache
def _read(area: str, language: Language) -> dict[str, Any]:
    return tomllib.loads((FOLDER / language / f"{area}.toml").read_text(encoding="utf-8"))


def _known(facts: Facts) -> Facts:
    return {name: fact for name, fact in facts.items() if is_known(fact)}


def _capitalised(template: str, text: str) -> str:
    """Our own word gets a capital at the beginning; a name stays as its owner writes it."""
    literal, name, how = next(iter(_parsed(template)), ("", None, ""))
    return text[:1].upper() + text[1:] if not literal and name is not None and "word" in how.split() else text


def _number(value: object) -> int | float:
    if not isinstance(value, int | float):
        raise TypeError(f"a number is needed, not {type(value).__name__}")
    return value
