"""What the service says when it refuses, in Finnish, Swedish and English, and the pages of the codes."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from html import escape
from pathlib import Path
from typing import Any, get_args

from app.domain.calendar.deadlines import HELSINKI
from app.domain.organisations.organisations import Language

_LANGUAGES: tuple[Language, ...] = get_args(Language)
_DIRECTORY = Path(__file__).parents[2] / "openapi" / "problems"

_FACT = re.compile(r"\{(\w+)\}")
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'")
_CODE_SPAN = re.compile(r"`([^`]+)`")

# The facts whose values have a word in each language; other text, ids among it, stays as it is.
_WORDED = frozenset({"kind", "state", "allowed", "finding", "roles", "because"})

# Numbers of four digits stay whole, as all three languages allow: a year is not to look like an amount.
_GROUPED_FROM = 10_000


@dataclass(frozen=True)
class _Sentence:
    text: str
    needs: frozenset[str]
    unless: frozenset[str]

    def fits(self, known: Collection[str]) -> bool:
        return self.needs.issubset(known) and self.unless.isdisjoint(known)


@dataclass(frozen=True)
class _Problem:
    title: str
    sentences: tuple[_Sentence, ...]
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class _Texts:
    """All that one language holds."""

    problems: dict[str, _Problem]
    faults: dict[str, list[str]]  # The fullest wording first; the last needs no fact.
    words: dict[str, str]
    forms: dict[str, Any]
    frame: dict[str, str]

    def fill(self, template: str, facts: Mapping[str, object]) -> str:
        """The template with its facts in words; what a fact holds is never read as a template."""
        return _FACT.sub(lambda name: self._say(facts[name[1]], worded=name[1] in _WORDED), template)

    def _say(self, value: object, *, worded: bool = False) -> str:
        match value:
            case Enum():
                return self._say(value.value, worded=worded)
            case datetime():
                return self._instant(value.astimezone(HELSINKI))
            case date():
                return self._day(value)
            case int():
                return self._number(value)
            case list() | tuple():
                separator = "; " if any(isinstance(item, Mapping) for item in value) else ", "
                return separator.join(self._say(item, worded=worded) for item in value)
            case Mapping():
                return ", ".join(
                    f"{self.words.get(name, name)} {self._say(item)}" for name, item in value.items() if _is_known(item)
                )
            case str() if worded:
                return self.words.get(value, value)
            case _:
                return str(value)

    def _day(self, day: date) -> str:
        parts = {"day": str(day.day), "month": self.forms["months"][day.month - 1], "year": str(day.year)}
        return _FACT.sub(lambda name: parts[name[1]], self.forms["day"])

    def _instant(self, local: datetime) -> str:
        parts = {
            "date": self._day(local),
            "hour": str(local.hour),
            "padded_hour": f"{local.hour:02}",
            "minute": f"{local.minute:02}",
        }
        return _FACT.sub(lambda name: parts[name[1]], self.forms["instant"])

    def _number(self, number: int) -> str:
        digits = str(number)
        if abs(number) >= _GROUPED_FROM:
            digits = f"{number:,}".replace(",", self.forms["thousands"])
        return digits.replace("-", "−")


def _is_known(fact: object) -> bool:
    return fact is not None and fact not in ([], ())


def _problem_of(table: dict[str, Any]) -> _Problem:
    return _Problem(
        title=table["title"],
        sentences=tuple(
            _Sentence(
                text=sentence["text"],
                needs=frozenset(_FACT.findall(sentence["text"])) | frozenset(sentence.get("when", ())),
                unless=frozenset(sentence.get("unless", ())),
            )
            for sentence in table["sentences"]
        ),
        paragraphs=tuple(table["page"].strip().split("\n\n")),
    )


def _texts_of(language: Language) -> _Texts:
    tables = tomllib.loads((_DIRECTORY / f"{language}.toml").read_text(encoding="utf-8"))
    return _Texts(
        problems={code: _problem_of(table) for code, table in tables["problems"].items()},
        faults={code: [wording] if isinstance(wording, str) else wording for code, wording in tables["faults"].items()},
        words=tables["words"],
        forms=tables["forms"],
        frame=tables["frame"],
    )


_TEXTS: dict[Language, _Texts] = {language: _texts_of(language) for language in _LANGUAGES}

CODES: frozenset[str] = frozenset(_TEXTS["fi"].problems)


def preferred_language(accept_language: str | None) -> Language:
    """The language that `Accept-Language` (RFC 9110 §12.5.4) rates highest; Finnish when it rates none."""
    weights: dict[str, float] = {}
    for element in (accept_language or "").split(","):
        tag, _, parameter = element.partition(";")
        weight = _WEIGHT.fullmatch(parameter.strip() or "q=1")
        if weight is not None:
            primary = tag.strip().lower().partition("-")[0]
            weights[primary] = max(weights.get(primary, 0.0), float(weight[1]))
    named = list(weights)
    others = weights.get("*", 0.0)
    in_order = sorted(_LANGUAGES, key=lambda language: named.index(language) if language in weights else len(named))
    best = max(in_order, key=lambda language: weights.get(language, others))
    return best if weights.get(best, others) > 0 else "fi"


def title_of(code: str, language: Language) -> str:
    return _TEXTS[language].problems[code].title


def detail_of(code: str, facts: Mapping[str, object], language: Language) -> str:
    """The sentences that the known facts allow; a fact that is None or an empty list is not known."""
    texts = _TEXTS[language]
    known = {name: fact for name, fact in facts.items() if _is_known(fact)}
    sentences = (
        texts.fill(sentence.text, known) for sentence in texts.problems[code].sentences if sentence.fits(known.keys())
    )
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)


def fault_detail_of(code: str, facts: Mapping[str, object], language: Language) -> str:
    """The fullest wording that the known facts allow; a general one for a code without texts."""
    texts = _TEXTS[language]
    known = {name: _listed(name, fact) for name, fact in facts.items() if _is_known(fact)}
    wordings = [*texts.faults.get(code, ()), *texts.faults["otherwise"]]
    return next(texts.fill(wording, known) for wording in wordings if known.keys() >= set(_FACT.findall(wording)))


def _listed(name: str, fact: object) -> object:
    """The fact; of Pydantic's English phrase for `expected`, “'a', 'b' or 'c'”, the values alone."""
    if name == "expected" and isinstance(fact, str):
        return _QUOTED.findall(fact) or fact
    return fact


def page_of(code: str, language: Language) -> str | None:
    """The page of a code: what it means and what the caller can do next; None where there is no such code."""
    texts = _TEXTS[language]
    problem = texts.problems.get(code)
    if problem is None:
        return None
    paragraphs = "\n".join(f"<p>{_marked_up(paragraph)}</p>" for paragraph in problem.paragraphs)
    return _document(
        language,
        problem.title,
        f"<p>{escape(texts.frame['code'])}: <code>{escape(code)}</code></p>\n{paragraphs}\n"
        f'<p><a href="/problems?lang={language}">{escape(texts.frame["all_codes"])}</a></p>',
    )


def index_page(language: Language) -> str:
    """The list of all codes with their titles."""
    texts = _TEXTS[language]
    items = "\n".join(
        f'<li><a href="/problems/{escape(code)}?lang={language}"><code>{escape(code)}</code></a> '
        f"{escape(problem.title)}</li>"
        for code, problem in texts.problems.items()
    )
    body = f"<p>{escape(texts.frame['index_text'])}</p>\n<ul>\n{items}\n</ul>"
    return _document(language, texts.frame["index_title"], body)


def _marked_up(paragraph: str) -> str:
    return _CODE_SPAN.sub(r"<code>\1</code>", escape(paragraph, quote=False))


def _document(language: Language, title: str, body: str) -> str:
    others = "\n".join(
        f'<a href="?lang={other}" hreflang="{other}" lang="{other}">{escape(texts.frame["language"])}</a>'
        for other, texts in _TEXTS.items()
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
<nav aria-label="{escape(_TEXTS[language].frame["languages"])}">
{others}
</nav>
</body>
</html>
"""
