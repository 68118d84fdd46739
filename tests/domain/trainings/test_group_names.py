"""Names of peer study groups: no meetings, trips or camps."""

import pytest

from app.domain.trainings.group_names import faults_of_name, refused_words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Kevätretki Tampereelle", ["Kevätretki"]),  # Example 19.
        ("Retki", ["Retki"]),
        ("KOKOUS", ["KOKOUS"]),
        ("Vuosikokoukset ja syyskokous", ["Vuosikokoukset", "syyskokous"]),
        ("Syksyn retket", ["retket"]),
        ("Kesäleiri 2024", ["Kesäleiri"]),
        ("Leirit.", ["Leirit"]),
        ("Kevät-retki", ["Kevät-retki"]),
        ("Kevät‑retki", ["Kevät-retki"]),  # A hyphen at which no line is broken.
        ("Retki- ja eräryhmä", ["Retki"]),
        ("Luonto/retki", ["retki"]),
        ("Retki2024", ["Retki"]),
        ("Kevät\u00adretki", ["Kevätretki"]),  # A soft hyphen.
        ("Kevätretki", ["Kevätretki"]),  # The dots are signs of their own.
        ("ｒｅｔｋｉ", ["retki"]),
    ],
)
def test_names_with_refused_words(name: str, words: list[str]) -> None:
    assert refused_words_of(name) == words
    [fault] = faults_of_name(name)
    assert (fault.pointer, fault.code, fault.facts) == ("/name", "name-of-no-group", {"words": words})


@pytest.mark.parametrize(
    "name",
    [
        "Kokouskäytännöt",  # Example 19.
        "Kokous-käytännöt",
        "Retkeily ja eräkirjallisuus",
        "Leirikoulun suunnittelu",
        "Leirillä opittua",  # Only the six forms are refused.
        "Kokouksen puheenjohtajana",
        "Kvartetti",
        "",
        "2024",
    ],
)
def test_other_names(name: str) -> None:
    assert faults_of_name(name) == []
