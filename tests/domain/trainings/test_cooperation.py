"""Whether a marketing text names the study centre."""

import pytest

from app.domain.organisations.organisations import Language
from app.domain.trainings.cooperation import PlanWarning, names_study_centre, warnings_of

NAMES: list[tuple[Language, str | None]] = [
    ("fi", "Opintokeskus Mallila ry"),
    ("sv", "Studiecentralen Exempel rf"),
    ("en", "The Model Study Centre"),
]


@pytest.mark.parametrize(
    "text",
    [
        "Kurssin järjestää Opintokeskus Mallila.",
        "Yhteistyössä: OPINTOKESKUS MALLILA",
        "Kurssi järjestetään yhdessä Opintokeskus Mallilan kanssa.",
        "Saamme tukea Opintokeskus Mallilalta.",
        "Opintokeskuksen Mallilan tuella.",
        "Mallilan opintokeskuksen tukema.",
        "Mallilan opintokeskuksessa",
        "Mallila-opintokeskus on mukana.",
        "Opintokeskus-Mallila",
        "Opinto\u00adkeskus Mallila",
        "Opintokeskus\nMallila",
        "(Opintokeskus Mallila)",
        "I samarbete med Studiecentralen Exempel.",
        "Med Studiecentralen Exempels stöd.",
        "Exempel studiecentral ordnar kursen.",
        "Studiecentral Exempel",
        "With the Model Study Centre's support.",
        "In co-operation with Model Study Centre.",
        "MODEL STUDY CENTRE’S course",
    ],
)
def test_texts_that_name_it(text: str) -> None:
    assert names_study_centre(text, NAMES)
    assert warnings_of(text, NAMES) == []


@pytest.mark.parametrize(
    "text",
    [
        "Tervetuloa kurssille!",
        "Opintokeskus on mukana.",
        "Mallilassa syödään hyvin, ja lopuksi käydään opintokeskuksessa.",  # The words are not next to one another.
        "Studiecentralen hjälper.",
        "The model study group meets in the centre.",
        "Study Centre",
    ],
)
def test_texts_that_lack_it(text: str) -> None:
    assert not names_study_centre(text, NAMES)
    assert warnings_of(text, NAMES) == [PlanWarning("/marketing_text", "study-centre-not-named")]


@pytest.mark.parametrize("text", [None, ""])
def test_without_a_text_there_is_no_warning(text: str | None) -> None:
    assert warnings_of(text, NAMES) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("KSL", "KSL:n kurssi"),
        ("OK Suominen", "OK Suomisen kanssa"),
        ("Opintokeskus Sivis", "Opintokeskus Siviksen tuella"),
        ("Kansan Sivistysliitto", "Kansan Sivistysliiton tuella"),
        ("Opintokeskus Koti", "Opintokeskus Kodin kanssa"),
        ("Opintokeskus Esimerkki", "Opintokeskus Esimerkin tuella"),
        ("Opintotoiminnan Keskusliitto", "Opintotoiminnan Keskusliitolta"),
        ("Opintokeskus Kaupunki", "Opintokeskus Kaupungin"),
        ("Opintokeskus Ranta", "Opintokeskus Rannan"),
        ("Opintokeskus Silta", "Opintokeskus Sillan"),
        ("Opintokeskus Lampi", "Opintokeskus Lammen"),
        ("Maaseudun Sivistysliiton Opintokeskus Oma Tupa", "Maaseudun Sivistysliiton opintokeskus Oma Tuvan"),
    ],
)
def test_finnish_forms(name: str, text: str) -> None:
    assert names_study_centre(text, [("fi", name)])


def test_a_short_name_is_found_as_itself_alone() -> None:
    assert not names_study_centre("okra", [("fi", "OK")])
    assert not names_study_centre("Paikka:Turku", [("fi", "OK"), ("sv", None), ("en", "…")])
    assert names_study_centre("Järjestäjä:Sivis", [("fi", "Sivis")])


def test_swedish_and_english_forms() -> None:
    assert names_study_centre("Svenska studiecentret ordnar", [("sv", "Svenska studiecentrum")])
    assert names_study_centre("Folkskolans kurs", [("sv", "Folkskolan")])
    assert not names_study_centre("The centrepiece", [("en", "Centre")])
