"""Names of peer study groups: which words none may have (rulebook §3.6, §10)."""

import re
import unicodedata

from app.domain.errors import Fault

# A word of letters with hyphens between them, so that `Kokous-käytännöt` is one word, as `Kokouskäytännöt` is.
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_REFUSED = re.compile(r"(?:kokous|kokoukset|retki|retket|leiri|leirit)\Z")
_HYPHENS = str.maketrans("‐‑‒−", "----")


def refused_words_of(name: str) -> list[str]:
    """Return the words of a meeting, a trip or a camp: *kokous*, *retki*, *leiri*, alone or at the end of a compound.

    *Kevätretki* is one, *kokouskäytännöt* is not (rulebook §3.6).
    """
    return [word for word in _WORD.findall(_plain(name)) if _REFUSED.search(word.casefold())]


def faults_of_name(name: str, pointer: str = "") -> list[Fault]:
    """Return the fault of a peer study group's name, if it has such a word (rulebook §3.6)."""
    words = refused_words_of(name)
    return [Fault(f"{pointer}/name", "name-of-no-group", {"words": words})] if words else []


def _plain(text: str) -> str:
    """Composed letters, one kind of hyphen, and nothing invisible between the letters."""
    text = unicodedata.normalize("NFKC", text).translate(_HYPHENS)
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
