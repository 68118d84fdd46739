"""What values have in common that the API answers with."""

from dataclasses import dataclass

WORDS = "words"
"""In a field's metadata: a list of words that never have spaces. A table shows it in one cell."""


class Shown:
    """A value that responses show: the docstrings of its attributes describe the fields in the OpenAPI document."""


@dataclass(frozen=True)
class Localised(Shown):
    """Text in the three languages, so that no version of a response depends on the reader's."""

    fi: str
    """Text in Finnish."""
    sv: str
    """Text in Swedish."""
    en: str
    """Text in English."""
