"""Which names are one person's."""

import pytest

from app.domain.people.names import is_same_name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Kaisa Kuusiranta", "kaisa  KUUSIRANTA ", True),
        ("Aino Esimerkki", "AinoEsimerkki", True),
        ("Åke Ängström", "Ake Angstrom", True),
        ("Zoë Straße", "zoestrasse", True),
        ("Kaisa Kuusiranta", "Kaisu Kuusiranta", False),
        ("Kaisa Kuusiranta", "Kuusiranta Kaisa", False),
        # A hyphen is neither an accent nor a space.
        ("Anna-Maija Esimerkki", "Anna Maija Esimerkki", False),
        ("Kaisa", "", False),
        ("", "", False),
        ("!", "?", False),
    ],
)
def test_names_are_compared_without_case_accents_and_spaces(one: str, other: str, *, same: bool) -> None:
    assert is_same_name(one, other) is same
