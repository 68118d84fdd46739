"""The document of a training strategy: what it says, that it is PDF/A and PDF/UA, and that a draft says so."""

import asyncio
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.documents.trainings import DocumentContent, make_training_document
from app.domain.calendar.deadlines import HELSINKI
from app.domain.organisations.organisations import Language
from app.domain.trainings.strategies import FigureMeasure, StrategyTarget, TrainingStrategy, WordsMeasure
from app.texts.rendering import LANGUAGES
from app.texts.strategy_documents import strategy_file_name, strategy_words
from tests.documents.accessible import accessible_kinds_of
from tests.documents.training_facts import NAMES
from tests.pdf_text import needs_pdftotext, shown_of, text_of

ADOPTED_AT = datetime(2023, 1, 16, 10, tzinfo=HELSINKI)
CHANGED_AT = datetime(2023, 3, 1, 10, tzinfo=HELSINKI)
TARGETS = [
    StrategyTarget(UUID(int=2), "Opetusta on enemmän", FigureMeasure("figure", "hours_used"), 1700, 2024),
    StrategyTarget(UUID(int=3), "Tuki riittää", FigureMeasure("figure", "support_cents"), 1_250_000, 2024),
    StrategyTarget(
        UUID(int=4), "Ohjaajat osaavat", WordsMeasure("words", "Itsearviointi"), "Kaikki ovat arvioineet", 2023
    ),
]
STRATEGY = TrainingStrategy(
    id=UUID(int=1),
    organisation_id=UUID(int=5),
    organisation_name="Villasukat ry",
    state="in_force",
    revision=1,
    first_year=2022,
    last_year=2024,
    present_state="Kurssit kootaan jäsenten toiveista.\n\nOhjaajat ovat vapaaehtoisia.",
    challenges=None,
    development="Ohjaajille järjestetään oma koulutus.",
    own_strategy="Koulutus tukee järjestön tavoitteita.",
    quality_process="Hallitus lukee palautteen.",
    targets=TARGETS,
    consultation_opened_at=None,
    created_by=UUID(int=6),
    created_by_name=None,
    created_at=ADOPTED_AT,
    adopted_at=ADOPTED_AT,
    archived_at=None,
)
DRAFT = replace(STRATEGY, state="draft", revision=None, adopted_at=None)


def document_of(
    language: Language, strategy: TrainingStrategy = STRATEGY, dated_at: datetime = ADOPTED_AT, **more: Any
) -> bytes:
    words = strategy_words(language, strategy, NAMES, dated_at, **more)
    return asyncio.run(
        make_training_document(DocumentContent(language, NAMES.study_centre_name, None), words, dated_at)
    )


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fi",
            [
                "Koulutusstrategia 2022–2024",
                "Järjestö Villasukat ry",
                "Versio 1",
                "Hyväksytty 16.1.2023",
                "Koulutuksen nykytila Kurssit kootaan jäsenten toiveista. Ohjaajat ovat vapaaehtoisia.",
                "Koulutuksen kehittäminen Ohjaajille järjestetään oma koulutus.",
                "Järjestön oma strategia",
                "Laadun varmistaminen",
                "Käytetyt opetustunnit",
                "1 700 2024",
                "12 500,00 €",
                "Itsearviointi",
            ],
        ),
        (
            "sv",
            [
                "Utbildningsstrategi 2022–2024",
                "Godkänd 16.1.2023",
                "Använda undervisningstimmar",
                "Utbildningens nuläge",
            ],
        ),
        ("en", ["Training strategy 2022–2024", "Adopted 16 January 2023", "Teaching hours used 1,700 2024"]),
    ],
)
def test_the_document_shows_what_the_strategy_says(language: Language, said: list[str], tmp_path: Path) -> None:
    shown = text_of(document_of(language), tmp_path).replace("\N{NO-BREAK SPACE}", " ")
    assert [each for each in said if each not in shown] == []
    assert not any(word in shown for word in ("Haasteet", "Utmaningar", "Challenges", "Luonnos", "Utkast", "Draft"))


@needs_pdftotext
def test_a_later_revision_says_when_it_was_changed(tmp_path: Path) -> None:
    shown = text_of(document_of("fi", replace(STRATEGY, revision=2), CHANGED_AT), tmp_path)
    assert "Versio 2 Hyväksytty 16.1.2023 Muutettu 1.3.2023" in shown


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "said", "foot"),
    [
        ("fi", "Luonnos: järjestö ei ole hyväksynyt", "Luonnos 15.3.2023, ei hyväksytty"),
        ("sv", "Utkast: organisationen har inte godkänt", "Utkast 15.3.2023, inte godkänt"),
        ("en", "Draft: the organisation has not adopted", "Draft of 15 March 2023, not adopted"),
    ],
)
def test_a_draft_says_on_each_page_that_it_is_one(language: Language, said: str, foot: str, tmp_path: Path) -> None:
    long = replace(DRAFT, present_state="\n".join(["Kursseja pidetään joka piirissä."] * 100))
    today = date(2023, 3, 15)
    made = document_of(language, long, datetime(2023, 3, 15, tzinfo=HELSINKI), drafted_on=today)
    pages = [" ".join(page.split()) for page in shown_of(made, tmp_path).split("\f") if page.strip()]
    assert len(pages) > 2
    assert said in pages[0]
    assert all(foot in page for page in pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_claims_and_meets_pdf_a_and_pdf_ua(language: Language) -> None:
    made = document_of(language)
    assert {"/Document", "/H2", "/P", "/Table", "/TR", "/TH", "/TD"} <= set(accessible_kinds_of(made, language))
    assert document_of(language) == made


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("fi", "koulutusstrategia-2022-2024.pdf"),
        ("sv", "utbildningsstrategi-2022-2024.pdf"),
        ("en", "training-strategy-2022-2024.pdf"),
    ],
)
def test_the_file_is_called_by_the_years(language: Language, name: str) -> None:
    assert strategy_file_name(language, STRATEGY) == name


def test_a_draft_with_nothing_but_its_years_has_a_document() -> None:
    empty = replace(DRAFT, present_state=None, development=None, own_strategy=None, quality_process=None, targets=[])
    assert document_of("fi", empty, drafted_on=date(2023, 3, 15)).startswith(b"%PDF-")
