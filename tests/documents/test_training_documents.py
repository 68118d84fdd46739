"""Documents about training courses: what they say, that they are PDF/A and PDF/UA, and that nothing breaks the page."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from app.documents.trainings import DocumentContent, make_training_document
from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import DecidedChange
from app.domain.trainings.sessions import SessionPlace
from app.domain.trainings.statement_checks import NeedsReason
from app.domain.trainings.support import Cost, LimitedBy
from app.domain.trainings.support_rules import CostCategory
from app.domain.trainings.trainings import PLAN_FIELDS, BudgetLine, Mode, PlanException, Trainer
from app.texts.document_parts import document_name
from app.texts.rendering import LANGUAGES, texts_of
from app.texts.statement_documents import statement_decision_words, statement_words
from app.texts.training_documents import plan_decision_words, plan_words
from tests.documents.accessible import accessible_kinds_of
from tests.documents.training_facts import DECIDED_AT, NAMES, PLAN, SUBMITTED_AT, session_of, statement_of, training_of
from tests.pdf_text import needs_pdftotext, shown_of, text_of

WIDE = "W" * 200
CHANGES = [
    DecidedChange("rejected", ["sessions"], 24, "Liian monta kertaa.", DECIDED_AT),
    DecidedChange("approved", ["sessions", "trainers"], 22, None, DECIDED_AT),
]
EXCEPTIONS = [
    PlanException("plan_window", date(2023, 4, 20), "Kouluttaja sairastui.", DECIDED_AT, None),
    PlanException("name", None, "Nimi on oikein.", DECIDED_AT, "Järjestön talous"),
]


def document(language: Language, words: Mapping[str, Any]) -> bytes:
    content = DocumentContent(language, NAMES.study_centre_name, NAMES.decided_by_name)
    return asyncio.run(make_training_document(content, words, SUBMITTED_AT))


def plan_document(language: Language, **more: Any) -> bytes:
    plan = replace(PLAN, **more)
    return document(language, plan_words(language, training_of(plan), plan, NAMES, ["Naapurit ry"], SUBMITTED_AT))


def decision_document(language: Language, **more: Any) -> bytes:
    training = training_of(**more)
    words = plan_decision_words(language, training, PLAN, NAMES, EXCEPTIONS, CHANGES, DECIDED_AT)
    return document(language, words)


def statement_document(language: Language, **more: Any) -> bytes:
    statement = statement_of(**more)
    words = statement_words(language, training_of(), statement, statement, NAMES, SUBMITTED_AT)
    return document(language, words)


def statement_decision_document(language: Language, **more: Any) -> bytes:
    words = statement_decision_words(language, training_of(), statement_of(**more), NAMES, DECIDED_AT)
    return document(language, words)


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fi",
            [
                "Toteutustapa Lähiopetus",
                "Opetustunnit 20 opetustuntia",
                "Osallistujia alle ikärajan 0",
                "Kokoontumiskertojen kesto 1 080 minuuttia",
                "Opetustunteja à 45 minuuttia 18",
                "15.4.2023 klo 10.00 15.4.2023 klo 16.00 360 90 1",
                "kunta 109",
                "Opetuspalkkiot 400,50 €",
                "Yhteensä 500,00 €",
            ],
        ),
        ("sv", ["Språk finska", "kommun 109", "Undervisningsarvoden 400,50 €", "Sammanlagt 500,00 €"]),
        ("en", ["Language Finnish", "municipality 109", "Teaching fees €400.50", "Total €500.00"]),
    ],
)
def test_a_plan_shows_its_hours_step_by_step(language: Language, said: list[str], tmp_path: Path) -> None:
    shown = text_of(plan_document(language), tmp_path)
    assert [each for each in said if each not in shown] == []
    assert "None" not in shown


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fi",
            [
                "suunnitelma on hyväksytty",
                "Suunnitelman lähettäminen 20.4.2023 Kouluttaja sairastui.",
                "Ryhmän nimi Nimi on oikein.",
                "20.3.2023 Hylätty Kokoontumiskerrat 24 Liian monta kertaa.",
                "20.3.2023 Hyväksytty Kokoontumiskerrat",
                "Kuluselvitys on lähetettävä viimeistään 14.5.2023.",
            ],
        ),
        ("sv", ["har godkänts", "Avslagen Sammankomster 24", "senast 14.5.2023"]),
        ("en", ["has been approved", "Rejected Sessions 24", "due by 14 May 2023"]),
    ],
)
def test_a_decision_explains_exceptions_and_changes(language: Language, said: list[str], tmp_path: Path) -> None:
    shown = text_of(decision_document(language), tmp_path)
    assert [each for each in said if each not in shown] == []


MAKERS = [plan_document, decision_document, statement_document, statement_decision_document]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", MAKERS)
def test_a_document_claims_and_meets_pdf_a_and_pdf_ua(make: Any, language: Language) -> None:
    made = make(language)
    assert {"/Document", "/H2", "/L", "/LI", "/Table", "/TR", "/TH", "/TD"} <= set(accessible_kinds_of(made, language))


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fi",
            [
                "Tuki 511,72 €",
                "Kuluselvitys lähetettiin myöhässä.",
                "Tilat Sali oli muussa käytössä. 69,60 €",
                "Tukikelpoiset kulut jäljelle jäävät kulut 930,40 €",
                "20 opetustuntia × 35,00 € 700,00 €",
                "55 % × 930,40 € 511,72 €",
                "Tuki on kuluista lasketun ylärajan suuruinen. 511,72 €",
            ],
        ),
        ("sv", ["Stödet är 511,72 €.", "Väntar på utbetalning", "20 undervisningstimmar × 35,00 €"]),
        ("en", ["The support is €511.72.", "Waiting to be paid", "55% × €930.40 €511.72"]),
    ],
)
def test_a_decision_on_a_statement_is_a_voucher(language: Language, said: list[str], tmp_path: Path) -> None:
    shown = text_of(statement_decision_document(language), tmp_path)
    assert [each for each in said if each not in shown] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limited_by", get_args(LimitedBy))
def test_every_limit_of_the_support_has_its_words(language: Language, limited_by: LimitedBy) -> None:
    support = statement_of().support
    assert support is not None
    statement = statement_of(support=replace(support, limited_by=limited_by))
    words = statement_decision_words(language, training_of(), statement, NAMES, DECIDED_AT)
    steps = words["sections"][-1]["table"]
    assert steps["rows"][-1][1] != [""]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_document_is_known(language: Language) -> None:
    words = texts_of("training_documents", language).words
    wanted = {*get_args(CostCategory), *get_args(Mode), *PLAN_FIELDS, "approved", "rejected", "plan_window"}
    # Neither is ever changed by a decision.
    assert wanted - {"supported", "model_version_id"} <= words.keys()
    noted = texts_of("training_documents", language).tables["statement_decision"]["noted"]
    assert noted.keys() == set(get_args(NeedsReason))


@needs_pdftotext
def test_a_hundred_costs_fit_on_the_pages(tmp_path: Path) -> None:
    costs = [Cost("participant_lodging", 10**11, f"\N{ROCKET} {WIDE}") for _ in range(100)]
    made = statement_document("sv", costs=costs)
    shown = text_of(made, tmp_path).replace("\N{ZERO WIDTH SPACE}", "")
    assert shown.count("W") == 100 * 200
    assert shown.count("1 000 000 000,00 €") == 100
    assert "Sammanlagt 100 000 000 000,00 €" in shown


@needs_pdftotext
def test_long_names_many_sessions_and_pictures_of_people_fit_on_the_pages(tmp_path: Path) -> None:
    places = [SessionPlace(f"Talo {WIDE[:190]}", "109", WIDE, "13100")] * 3
    plan = replace(
        PLAN,
        name=f"\N{ROCKET} {WIDE[:190]}",
        content=f"#panic() *lihava* {WIDE * 20}",
        sessions=[session_of(day, parallel_groups=20, places=places if day == 0 else []) for day in range(200)],
        trainers=[Trainer(WIDE)] * 20,
        budget=[BudgetLine("participant_lodging", 10**11)] * 100,
    )
    names = replace(NAMES, organisation_name=WIDE, topic_name=WIDE)
    made = document("fi", plan_words("fi", training_of(plan), plan, names, [WIDE] * 20, SUBMITTED_AT))
    pages = shown_of(made, tmp_path).split("\f")[:-1]
    assert len(pages) > 10
    assert sum(page.count("klo 16.00") for page in pages) == 200
    # The rows of the table have its heads on each page.
    assert all("Päättyy" in page for page in pages if page.count("klo 16.00") > 1)
    shown = " ".join(" ".join(pages).split()).replace("\N{ZERO WIDTH SPACE}", "")
    assert "□ WWW" in shown
    assert "#panic() *lihava*" in shown
    assert "100 000 000 000,00 €" in shown
    # Every letter is on a page: none is cut off at its edge.
    assert shown.count("W") == 190 + 20 * 200 + 3 * 390 + 20 * 200 + 20 * 200 + 2 * 200


def test_the_same_facts_make_the_same_bytes() -> None:
    assert plan_document("fi") == plan_document("fi")


def test_the_name_of_a_file_has_the_reference() -> None:
    assert document_name("fi", "plan", "2023-0123", 2023) == "suunnitelma-2023-0123.pdf"
    assert document_name("sv", "plan_decision", None, 2023) == "beslut-om-plan-2023.pdf"
