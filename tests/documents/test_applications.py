"""The main-user application as a PDF: complete in three languages, the same each time, whatever people write."""

import re
import subprocess
import sys
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from app.documents.applications import ApplicationContent, compose_application, digest_of
from app.documents.making import shown_of
from app.domain.organisations.organisations import Language
from app.texts.main_user_application import application_words
from app.texts.rendering import texts_of
from tests.documents.accessible import accessible_kinds_of, metadata_of, root_of
from tests.documents.text import text_of

CONTENT = ApplicationContent(
    application_id=UUID("01890000-0000-7000-8000-000000000001"),
    reference="2023-0042",
    language="fi",
    study_centre_name="Opintokeskus Esimerkki",
    organisation_name="Åbolands Ääniä ja Öljyä ry",
    business_id="1234567-1",
    applicant_name="Kaisa Kuusiranta",
    applicant_email="paakayttaja@example.org",
    signatory_name="Ebba Strömdal",
    signatory_basis="puheenjohtaja",
    replaces_name="Åke Ängström",
    valid_from=date(2023, 4, 1),
    made_at=datetime(2023, 3, 15, 22, 30, tzinfo=UTC),
)


def composed(content: ApplicationContent) -> bytes:
    words = application_words(content.language, made_at=content.made_at, valid_from=content.valid_from)
    return compose_application(content, words)


FORKED = """
import os
from tests.documents.test_applications import CONTENT, composed
composed(CONTENT)
if os.fork() == 0:
    composed(CONTENT)
    os._exit(0)
raise SystemExit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_a_process_composes_also_if_it_was_forked_after_another_did() -> None:
    subprocess.run([sys.executable, "-c", FORKED], check=True, timeout=60)


SCRIPTS = "Ääkköset Ångström Łódź Ωμέγα Жук Nguyễn"


TITLES: dict[Language, str] = {
    "fi": "Pääkäyttäjähakemus",
    "sv": "Ansökan om att bli huvudanvändare",
    "en": "Main-user application",
}


@pytest.mark.parametrize("language", TITLES)
def test_the_document_claims_and_meets_pdf_a_and_pdf_ua(language: Language) -> None:
    document = composed(replace(CONTENT, language=language))
    assert {"/Document", "/H2", "/L", "/LI", "/P"} <= set(accessible_kinds_of(document, language))
    assert f"{TITLES[language]} – {CONTENT.organisation_name}" in metadata_of(document)
    assert "/Encrypt" not in root_of(document).trailer_view
    assert len(document) < 100_000


@pytest.mark.parametrize("language", TITLES)
def test_every_font_is_embedded(language: Language) -> None:
    reader = root_of(composed(replace(CONTENT, language=language)))
    fonts = [
        font.get_object()
        for page in reader.root["/Pages"]["/Kids"]
        for font in page.get_object()["/Resources"]["/Font"].values()
    ]
    descriptors = [font["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts]
    assert descriptors
    assert all({"/FontFile2", "/FontFile3"} & descriptor.keys() for descriptor in descriptors)
    assert all("/ToUnicode" in font for font in fonts)


@pytest.mark.parametrize("language", TITLES)
def test_the_text_has_all_facts_in_its_language(language: Language) -> None:
    text = text_of(composed(replace(CONTENT, language=language)))
    words = texts_of("main_user_application", language).tables
    assert (len(words["tasks"]), len(words["terms"])) == (7, 5)
    expected = [
        TITLES[language],
        CONTENT.study_centre_name,
        words["asks"],
        f"{words['organisation']} {CONTENT.organisation_name}",
        f"{words['business_id']} {CONTENT.business_id}",
        f"{words['applicant']} {CONTENT.applicant_name}",
        f"{words['email']} {CONTENT.applicant_email}",
        f"{words['signatory']} {CONTENT.signatory_name}",
        f"{words['basis']} {CONTENT.signatory_basis}",
        f"{words['begins']} {BEGINNINGS[language]}",
        f"{words['reference']} {CONTENT.reference}",
        MADE[language],
        f"{words['replaces']} {CONTENT.replaces_name}",
        *words["tasks"],
        *words["terms"],
        words["signatures_text"],
        f"{words['signed_by_applicant']} {CONTENT.applicant_name}",
        f"{words['signed_by_signatory']} {CONTENT.signatory_name}",
        words["signatures_shown"],
        f"{words['application']} {CONTENT.application_id}",
        f"{words['check']} {replace(CONTENT, language=language).check_code}",
    ]
    assert [each for each in expected if each not in text] == []


MADE: dict[Language, str] = {"fi": "Laadittu 16.3.2023", "sv": "Upprättad 16.3.2023", "en": "Made on 16 March 2023"}
BEGINNINGS: dict[Language, str] = {
    "fi": "aikaisintaan 1.4.2023, kun opintokeskus on hyväksynyt hakemuksen",
    "sv": "tidigast 1.4.2023, när studiecentralen har godkänt ansökan",
    "en": "on 1 April 2023 at the earliest, once the study centre has approved the application",
}


@pytest.mark.parametrize("language", TITLES)
def test_the_row_of_a_missing_fact_is_left_out(language: Language) -> None:
    text = text_of(
        composed(replace(CONTENT, language=language, business_id=None, signatory_basis=None, valid_from=None))
    )
    words = texts_of("main_user_application", language).tables
    assert words["business_id"] not in text
    assert words["basis"] not in text
    assert f"{words['begins']} {words['beginning'][-1]}" in text


def test_the_same_content_gives_the_same_bytes() -> None:
    assert digest_of(composed(CONTENT)) == digest_of(composed(replace(CONTENT)))


def changed(field: str) -> ApplicationContent:
    value = getattr(CONTENT, field)
    others: dict[type, object] = {
        UUID: UUID(int=1),
        date: date(2024, 4, 1),
        datetime: datetime(2024, 3, 15, tzinfo=UTC),
    }
    other: object = "sv" if field == "language" else others.get(type(value), f"{value}x")
    return replace(CONTENT, **{field: other})  # type: ignore[arg-type]  # Each of its own field's type.


@pytest.mark.parametrize("field", [field.name for field in fields(ApplicationContent)])
def test_every_change_of_the_content_changes_the_document_and_its_check_code(field: str) -> None:
    other = changed(field)
    assert other.check_code != CONTENT.check_code
    assert composed(other) != composed(CONTENT)


def test_the_check_code_is_sixteen_digits_in_fours() -> None:
    assert re.fullmatch(r"([0-9A-F]{4}-){3}[0-9A-F]{4}", CONTENT.check_code)


@pytest.mark.parametrize(
    "name",
    [
        '#import "secrets.typ": *',
        '#read("/etc/passwd")',
        "#panic()",
        "*a* _b_ $x^2$ @reference <label> `raw` // /* = \\",
        "]]}}#{",
        "https://example.org/#sys.inputs",
    ],
)
def test_markup_in_a_name_is_text(name: str) -> None:
    document = composed(replace(CONTENT, organisation_name=name, applicant_name=name, signatory_basis=name))
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert escaped in metadata_of(document).replace("&#34;", "&quot;")


@pytest.mark.parametrize(
    "name",
    [
        SCRIPTS,
        "李小龍",
        "نجمة",
        "😀👩‍👩‍👧",
        "\ue000\U000f0000",
        "a\x00b\x1fc",
        "\u202eabc\u2066",
        "a\u0301\u0308" * 20,
        "\ud800",
        "\u0378",
        "",
        " \n\t\u2028",
        "w" * 200,
        "sana " * 40,
    ],
)
def test_no_name_breaks_the_document(name: str) -> None:
    everywhere = replace(
        CONTENT,
        study_centre_name=name,
        organisation_name=name,
        applicant_name=name,
        applicant_email=name,
        signatory_name=name,
        signatory_basis=name,
        replaces_name=name,
    )
    assert composed(everywhere).startswith(b"%PDF-")


def test_every_character_in_the_document_is_in_the_fonts() -> None:
    shown = [chr(code) for code in range(0x20, 0xD800) if shown_of(chr(code)) == chr(code)]
    assert len(shown) > 1500
    assert composed(replace(CONTENT, signatory_basis=" ".join(shown))).startswith(b"%PDF-")
    assert shown_of(SCRIPTS) == SCRIPTS
    assert shown_of("A\n\u202e李") == "A □"
