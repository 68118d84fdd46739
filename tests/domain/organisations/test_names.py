"""Finnish order, and a tolerant search."""

import pytest

from app.domain.organisations.names import Names, name_in, search_text_of, search_words_of, sort_key_of

IN_ORDER = [
    "4H-liitto",
    "Aikuiskasvatus",
    "Kansan sivistys",  # A shorter word comes before a longer one with the same beginning.
    "Kansanvalistus",
    "Martat",
    "Martta-yhdistys",
    "Muurarit",
    "Mystikot",
    "Mýstikot Ø",  # Accents do not count, ø is an ö.
    "Mystikot Öljy",
    "Nuoret",
    "Vaasa",
    "Vuoksi",
    "Waasa",  # W is a letter of its own.
    "Yhdistys",
    "Zonta",
    "Åbo",
    "Äidit",
    "Öljyalan",
]


def test_names_are_in_finnish_order() -> None:
    keys = [sort_key_of(name) for name in IN_ORDER]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MARTAT", "martat"),
        ("Martat ry.", "Martat  ry"),
        ("Müller", "Myller"),
        ("Nærpes", "Närpes"),
        ("Søren", "Sören"),
        ("Café", "Cafe"),
        ("Šakki", "Sakki"),
        ("Straße", "Strasse"),
        ("A\u030abo", "Åbo"),  # An a and a ring of its own.
        ("Martta-liitto", "Marttaliitto"),
        ("{Martat}", "Martat"),
    ],
)
def test_some_names_are_equal_in_the_order(one: str, other: str) -> None:
    assert sort_key_of(one) == sort_key_of(other)


TEXT = search_text_of("Etelä-Savon Marttapiiri ry", "Södra Savolax Marthadistrikt rf", "2077474-0")


@pytest.mark.parametrize(
    "search",
    [
        "marttapiiri",
        "MARTTAPIIRI etelä",  # In any order and case.
        "etela savo",
        "Etelä-Savon",
        "Eteläsavon",
        "piiri",
        "södra",
        "sodra marthä",
        "2077474-0",
        "20774740",
        "2077474",
    ],
)
def test_a_search_finds_names_and_business_ids(search: str) -> None:
    assert all(word in TEXT for word in search_words_of(search))


@pytest.mark.parametrize("search", ["marttapiiri pohjois", "%", "_", "\\", "20774741"])
def test_a_search_does_not_find_other_words(search: str) -> None:
    assert not all(word in TEXT for word in search_words_of(search))


def test_an_empty_search_has_no_words() -> None:
    assert search_words_of("  ") == []


def test_a_name_is_in_the_language_or_else_in_finnish() -> None:
    all_three, finnish_alone = Names("Marttaliitto", "Marthaförbundet", "The Marthas"), Names("Villasukat", None, None)
    assert [name_in(language, all_three) for language in ("fi", "sv", "en")] == [
        "Marttaliitto",
        "Marthaförbundet",
        "The Marthas",
    ]
    assert {name_in(language, finnish_alone) for language in ("fi", "sv", "en")} == {"Villasukat"}
