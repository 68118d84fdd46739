"""Certificates as PDFs: what they say, that they are PDF/A and PDF/UA, and that nothing in them breaks the page."""

import asyncio
import io
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typst
import zxingcpp
from PIL import Image
from pyhanko.pdf_utils.generic import DictionaryObject

from app.documents.certificates import TEMPLATE, CertificatePictures
from app.documents.making import prepared
from app.documents.qr_codes import qr_code_of
from app.documents.trainings import DocumentContent, make_training_document
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import CertificateFacts, ExtractedCompletion
from app.texts.certificates import batch_name, certificate_name, certificate_words, extract_words
from app.texts.rendering import LANGUAGES
from tests.documents.accessible import accessible_kinds_of, metadata_of, root_of
from tests.documents.certificate_facts import ADDRESS, FACTS, MADE_AT, PICTURES, certificate, certificates, picture
from tests.pdf_text import needs_pdftotext, text_of

WIDE = "W" * 190

SAID: dict[Language, list[str]] = {
    "fi": [
        "TODISTUS",
        "Kaisa Kuusiranta on suorittanut hyväksytysti koulutuksen Järjestön talousvastaavan koulutus",
        "6 opintopistettä · 162 tuntia oppijan työtä",
        "osaa laatia järjestön talousarvion",
        "Arvosana 4 (asteikko 1–5)",
        "Arvioinnin kohde talousarvion laatiminen",
        "Arviointitapa oppimistehtävä ja näyttö",
        "Arvioijat kouluttaja ja osallistujat",
        "Arvioinnin tekijä Pekka Pihlajamäki",
        "Järjestäjä Åbolands Ääniä ja Öljyä ry",
        "Ajankohta 1.3.2024–12.5.2024",
        "Suorituspäivä 12.5.2024",
        "Koulutusmalli Järjestön talousvastaavan koulutus, versio 2",
        "Todistus on annettu 14.5.2024.",
        "Raija Rehtori Pia Puheenjohtaja rehtori puheenjohtaja Opintokeskus Esimerkki Keskusjärjestö Äänet ry",
        "7Q3Z-K0M2-R8XW-4T6B",
        f"tällä koodilla osoitteessa: {ADDRESS}",
    ],
    "sv": [
        "INTYG",
        "har med godkänt resultat genomfört utbildningen",
        "6 studiepoäng · 162 timmar av deltagarens arbete",
        "Vad som bedömts talousarvion laatiminen",
        "Bedömd av Pekka Pihlajamäki",
        "Vitsord 4 (skala 1–5)",
        "Tid 1.3.2024–12.5.2024",
        "Intyget är utfärdat 14.5.2024.",
    ],
    "en": [
        "CERTIFICATE",
        "has successfully completed the course",
        "6 study credits · 162 hours of a learner’s work",
        "What was assessed talousarvion laatiminen",
        "Grade 4 (scale 1–5)",
        "Completed on 12 May 2024",
        "This certificate was issued on 14 May 2024.",
    ],
}


@needs_pdftotext
@pytest.mark.parametrize("language", SAID)
def test_a_certificate_says_who_has_completed_what(language: Language, tmp_path: Path) -> None:
    shown = text_of(certificate(language), tmp_path)
    assert [each for each in SAID[language] if each not in shown] == []
    assert "None" not in shown


@needs_pdftotext
def test_an_extract_does_not_hyphenate_a_name_of_another_language(tmp_path: Path) -> None:
    name = {"name": "Neulekerhon ohjaaja"}
    course = ExtractedCompletion(
        "Lumi Lahtinen",
        {"fi": name},
        "Villasukkaväen Keskusliitto ry",
        date(2024, 5, 12),
        2,
        None,
        "course",
        "A" * 16,
    )
    content = DocumentContent("sv", "Opintokeskus Esimerkki", None)
    words = extract_words("sv", course.name, [course], MADE_AT)
    shown = text_of(asyncio.run(make_training_document(content, words, MADE_AT)), tmp_path)
    assert "Villasukkaväen" in shown
    assert "Keskusliitto" in shown


@needs_pdftotext
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_is_left_out(language: Language, tmp_path: Path) -> None:
    bare = replace(
        FACTS,
        goals=[],
        certificate_text=None,
        what=None,
        how=None,
        by_whom=None,
        grade=None,
        assessed_by=None,
        starts_on=None,
        ends_on=None,
        address=None,
    )
    shown = text_of(certificate(language, bare), tmp_path)
    words = certificate_words(language, bare)
    assert "None" not in shown
    assert [name for name, _ in words["assessment"]] == [words["assessment"][0][0]]
    assert len(words["facts"]) == 3
    assert words["assessment"][0][1] in shown
    assert "http" not in shown
    assert words["check"][0] in shown
    assert FACTS.study_centre in words["check"][0]
    assert words["goals_title"] not in shown


@needs_pdftotext
def test_a_course_of_one_day_has_one_day(tmp_path: Path) -> None:
    shown = text_of(certificate(facts=replace(FACTS, starts_on=FACTS.ends_on)), tmp_path)
    assert "Ajankohta 12.5.2024 Suorituspäivä" in shown


@needs_pdftotext
def test_recognised_competence_is_called_so(tmp_path: Path) -> None:
    shown = text_of(certificate("en", replace(FACTS, is_recognised=True)), tmp_path)
    assert "has shown the competence that corresponds to the course" in shown
    assert "successfully" not in shown


@needs_pdftotext
def test_one_credit_is_in_the_singular(tmp_path: Path) -> None:
    shown = text_of(certificate("fi", replace(FACTS, credits=1, learner_hours=27)), tmp_path)
    assert "1 opintopiste · 27 tuntia oppijan työtä" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_certificate_claims_and_meets_pdf_a_and_pdf_ua(language: Language) -> None:
    made = certificate(language)
    kinds = accessible_kinds_of(made, language)
    assert "– Kaisa Kuusiranta" in metadata_of(made)
    assert kinds.count("/Figure") == 5
    assert {"/Document", "/H2", "/L", "/LI", "/P", "/Link"} <= set(kinds)
    # A certificate for the wall is one page.
    assert len(root_of(made).root["/Pages"]["/Kids"]) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_has_an_alternative_text(language: Language) -> None:
    words = certificate_words(language, FACTS)
    figures = figures_of(root_of(certificate(language)).root["/StructTreeRoot"])
    assert sorted(figures) == sorted(
        [
            words["study_centre_logo"],
            words["organisation_logo"],
            *(each["alt"] for each in words["signatures"]),
            words["qr_code"],
        ]
    )
    assert len(set(figures)) == 5


def figures_of(element: Any) -> list[str]:
    element = element.get_object()
    if not isinstance(element, DictionaryObject):
        return []
    inner = element.get("/K", [])
    own = [str(element["/Alt"])] if element.get("/S") == "/Figure" else []
    return own + [alt for each in (inner if isinstance(inner, list) else [inner]) for alt in figures_of(each)]


@needs_pdftotext
def test_logos_that_are_missing_leave_the_name_of_the_study_centre(tmp_path: Path) -> None:
    bare = certificate(pictures=replace(PICTURES, study_centre_logo=None, organisation_logo=None))
    assert len(figures_of(root_of(bare).root["/StructTreeRoot"])) == 3
    assert text_of(bare, tmp_path).startswith("Opintokeskus Esimerkki TODISTUS")
    one = certificate(pictures=replace(PICTURES, organisation_logo=None))
    assert len(figures_of(root_of(one).root["/StructTreeRoot"])) == 4


def _code_in(png: bytes) -> str:
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return code.text


def qr_code_on(pdf: bytes, tmp_path: Path) -> str:
    """What the QR code of the page says, as another program draws it."""
    file = tmp_path / "certificate.pdf"
    file.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "150", "-png", "-singlefile", file, tmp_path / "page"], check=True)
    return _code_in((tmp_path / "page.png").read_bytes())


def test_the_qr_code_on_the_page_leads_to_the_check() -> None:
    content = {"language": "fi", "study_centre_name": FACTS.study_centre, "name": FACTS.name, "address": ADDRESS}
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="3"><rect width="9" height="3" fill="#14245c"/></svg>'
    )
    inputs = {
        **prepared(content, certificate_words("fi", FACTS)),
        **dict.fromkeys(vars(PICTURES), drawing),
        "qr_code": qr_code_of(ADDRESS),
    }
    page = typst.compile(str(TEMPLATE), format="png", ppi=150.0, sys_inputs=inputs)
    assert isinstance(page, bytes)
    assert _code_in(page) == ADDRESS


@needs_pdftotext
def test_the_qr_code_of_the_pdf_is_read_as_another_program_draws_it(tmp_path: Path) -> None:
    assert qr_code_on(certificate(), tmp_path) == ADDRESS


@needs_pdftotext
def test_long_texts_and_markup_fit_on_the_pages(tmp_path: Path) -> None:
    facts = replace(
        FACTS,
        name=f"#panic() *Åke* \N{ROCKET} {WIDE}",
        model_name=f"Pitkä {WIDE}",
        goals=[f"{WIDE} tavoite"] * 40,
        certificate_text=f"{WIDE} " * 10,
        assessed_by=WIDE,
        organisation=WIDE,
        central_organisation=WIDE,
        study_centre=WIDE,
    )
    made = certificate("sv", facts)
    shown = text_of(made, tmp_path).replace("\N{ZERO WIDTH SPACE}", "")
    pages = len(root_of(made).root["/Pages"]["/Kids"])
    assert pages > 2
    assert "#panic() *Åke* □ WWW" in shown
    assert f"Sida {pages} / {pages}" in shown


def test_pictures_of_every_shape_and_size_fit() -> None:
    shapes = CertificatePictures(picture(2000, 12), picture(12, 2000), picture(1, 1), picture(2000, 2000, "RGB"))
    made = certificate(pictures=shapes)
    assert len(root_of(made).root["/Pages"]["/Kids"]) == 1
    # A picture is no larger than what can be seen of it.
    assert len(made) < 300_000


@needs_pdftotext
def test_many_certificates_are_made_in_their_order_and_the_same_each_time(tmp_path: Path) -> None:
    facts: list[CertificateFacts] = [replace(FACTS, name=f"Oppija {number}") for number in range(12)]
    made = certificates("fi", *facts)
    assert [f"Oppija {number} on suorittanut" in text_of(pdf, tmp_path) for number, pdf in enumerate(made)] == [
        True
    ] * 12
    assert made[3] == certificate("fi", facts[3])


def test_the_names_of_files_are_plain() -> None:
    assert certificate_name("fi", "7Q3ZK0M2R8XW4T6B") == "todistus-7Q3ZK0M2R8XW4T6B.pdf"
    assert batch_name("en", "2024-0012", 2024) == "certificates-2024-0012.zip"
    assert batch_name("sv", None, 2024) == "intyg-2024.zip"
