"""What columns and values are called in files that are imported, in any of the three languages."""

from collections.abc import Mapping
from functools import cache

from app.texts.rendering import LANGUAGES, texts_of


@cache
def known_by(kind: str) -> Mapping[str, str]:
    """The names of `columns`, `genders` or `flags`, each with what it stands for."""
    tables = [texts_of("imports", language).tables[kind] for language in LANGUAGES]
    named = {name: word for table in tables for word, names in table.items() for name in names}
    return {word: word for word in named.values()} | named
