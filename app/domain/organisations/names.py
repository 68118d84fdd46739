"""How organisations' names are sorted in Finnish order, how they are found, and which one a language has (rulebook
§6.1)."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Protocol

from app.domain.organisations.organisations import Language

# Å, ä and ö follow z, in that order, here as the signs that follow z. Other letters stand where Finns look for them:
# ü with y, ø with ö, accents without. W is a letter of its own after v, as European and present Finnish rules have it.
_ORDERED = str.maketrans(
    {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "œ": "}", "ü": "y"}
    | {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŋ": "n", "ŧ": "t", "þ": "th"}
)
_SEARCHED = str.maketrans(
    {"æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŋ": "n", "ŧ": "t", "þ": "th"}
)


class Named(Protocol):
    """An organisation or a study centre."""

    @property
    def name(self) -> str:
        """Name in Finnish."""

    @property
    def name_sv(self) -> str | None:
        """Name in Swedish, if there is one."""

    @property
    def name_en(self) -> str | None:
        """Name in English, if there is one."""


@dataclass(frozen=True)
class Names:
    name: str
    name_sv: str | None
    name_en: str | None


def name_in(language: Language, named: Named) -> str:
    """Return the name in the language, or else in Finnish."""
    names = {"fi": named.name, "sv": named.name_sv, "en": named.name_en}
    return names[language] or named.name


def sort_key_of(name: str) -> str:
    """Return a key that sorts byte by byte in Finnish order: digits, a–z, å, ä, ö; case and punctuation are ignored."""
    return _without_accents(_words(name).translate(_ORDERED))


def search_text_of(*texts: str | None) -> str:
    """Return the text that is searched: no case, no accents, no dots on ä and ö, no punctuation."""
    return _without_accents(_words(" ".join(text for text in texts if text)).translate(_SEARCHED))


def search_words_of(text: str) -> list[str]:
    """Return the words to find, in any order. Signs without a letter or a digit become one word that never occurs."""
    lowered = _lower(text)
    words = re.findall(r"[^\W_]+", lowered) or lowered.split()
    return [_without_accents(word.translate(_SEARCHED)) for word in words]


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def _words(text: str) -> str:
    """Return the words in lower case, with letters and digits only."""
    words = ("".join(filter(str.isalnum, word)) for word in _lower(text).split())
    return " ".join(word for word in words if word)


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
