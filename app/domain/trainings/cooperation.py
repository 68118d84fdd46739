"""Whether a marketing text names the study centre, in any of its word forms (rulebook §3.5).

Only a warning follows, so the stems are simple: a form too many is better than a warning that is wrong.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from app.domain.organisations.organisations import Language
from app.domain.values import Shown

WarningCode = Literal["study-centre-not-named"]
_WORD = re.compile(r"[^\W_]+")
# `KSL:n`, `Centre's`: the ending belongs to the word before.
_ENDING = re.compile(
    r"(?<=\w)(?::(?:[aeiouyäö]?n|[aeiouyäö]?t|t?[aä]|n[aä]|ss[aä]|st[aä]|ll[aä]|lt[aä]|tt[aä]|lle|ksi|een|iin|h[aeiouyäö]n|s)"
    r"|['’]s?)(?!\w)"
)
_LEGAL_FORM = re.compile(r"[\s,]+(?:r\.?[yfs]\.?|s\.?r\.?)\s*\Z")
_WEAK = {"nk": "ng", "nt": "nn", "lt": "ll", "rt": "rr", "mp": "mm", "lk": "l", "rk": "r", "ht": "hd"}
_WEAK_ALONE = {"k": "", "p": "v", "t": "d"}
_FINNISH_VOWELS = "aeiouyäöå"
_SHORTEST_STEM = 3
"""Shorter ones would begin too many words."""
_MOST_IN_ANY_ORDER = 4

_SUFFIXES: dict[Language, re.Pattern[str]] = {
    "fi": re.compile(r"[^\W\d_]{0,10}"),
    "sv": re.compile(r"(?:[ae]?n|e?t|[aeo]?r|[aeo]?rna|na|um|a|e)?s?"),
    "en": re.compile(r"(?:e?s)?"),
}


@dataclass(frozen=True)
class PlanWarning(Shown):
    """Something to look at that prevents nothing."""

    pointer: str
    """Place in the plan, as a JSON pointer."""
    code: WarningCode
    """Kind of the warning."""


def warnings_of(marketing_text: str | None, names: Iterable[tuple[Language, str | None]]) -> list[PlanWarning]:
    """Return a warning if there is a marketing text and it has none of the study centre's names (rulebook §3.5)."""
    if not marketing_text or names_study_centre(marketing_text, names):
        return []
    return [PlanWarning("/marketing_text", "study-centre-not-named")]


def names_study_centre(text: str, names: Iterable[tuple[Language, str | None]]) -> bool:
    """Whether one of the names is in the text (rulebook §3.5).

    Case, hyphens and legal forms such as *ry* are ignored. The words of a name are next to one another in any order,
    each in any form of its language.
    """
    words = _words_of(text)
    known = [[_matcher_of(word, language) for word in _name_words_of(name)] for language, name in names if name]
    return any(_has(words, matchers) for matchers in known if matchers)


def _has(words: Sequence[str], matchers: Sequence[Callable[[str], bool]]) -> bool:
    length = len(matchers)
    orders = permutations(matchers) if length <= _MOST_IN_ANY_ORDER else iter([tuple(matchers)])
    possible = [words[at : at + length] for at in range(len(words) - length + 1)]
    return any(
        all(matches(word) for matches, word in zip(order, several, strict=True))
        for order in orders
        for several in possible
    )


def _name_words_of(name: str) -> list[str]:
    words = _words_of(_LEGAL_FORM.sub("", _plain(name)))
    return words[1:] if len(words) > 1 and words[0] == "the" else words


def _words_of(text: str) -> list[str]:
    return _WORD.findall(_ENDING.sub("", _plain(text)))


def _plain(text: str) -> str:
    """Lower case, composed letters, and nothing invisible between them, as the hyphens that a line may break at."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def _matcher_of(word: str, language: Language) -> Callable[[str], bool]:
    stems = [(stem, _SUFFIXES[language]) for stem in _stems_of(word, language) if len(stem) >= _SHORTEST_STEM]

    def matches(found: str) -> bool:
        return found == word or any(
            found.startswith(stem) and suffix.fullmatch(found, len(stem)) is not None for stem, suffix in stems
        )

    return matches


def _stems_of(word: str, language: Language) -> set[str]:
    match language:
        case "fi":
            return _finnish_stems_of(word)
        case "sv":
            return {word, *(word.removesuffix(ending) for ending in ("en", "et", "n", "t", "um", "a", "e"))}
        case "en":
            return {word}


def _finnish_stems_of(word: str) -> set[str]:
    """What the forms of a word begin with: *keskus* and *keskuksen*, *liitto* and *liiton*, *kansa* and *kansojen*."""
    if word.endswith("nen"):
        return {word[:-3]}
    stem = word[:-1]
    if word[-1] not in _FINNISH_VOWELS:
        return {stem}
    last, before = stem[-1:], stem[-2:-1]
    if last in "kpt" and last == before:
        return {stem[:-1]}
    weak = _WEAK.get(before + last)
    if weak is not None:
        return {stem, stem[:-2] + weak}
    return {stem, stem[:-1] + _WEAK_ALONE[last]} if last in _WEAK_ALONE else {stem}
