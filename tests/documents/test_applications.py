"""The main-user application as a PDF: whole in three languages, the same each time, and deaf to what people write."""

import io
import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from app.documents.applications import ApplicationContent, compose_application, digest_of, shown_of
from app.domain.organisations.organisations import Language

CONTENT = ApplicationContent(
    application_id=UUID("01890000-0000-7000-8000-000000000001"),
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
SCRIPTS = "Ääkköset Ångström Łódź Ωμέγα Жук Nguyễn"


def root_of(document: bytes) -> "PdfFileReader":
    return PdfFileReader(io.BytesIO(document))


def metadata_of(document: bytes) -> str:
    return str(root_of(document).root["/Metadata"].data.decode())


def test_it_is_an_archivable_and_accessible_document_of_its_language() -> None:
    languages: tuple[Language, ...] = ("fi", "sv", "en")
    titles = {"fi": "Pääkäyttäjähakemus", "sv": "Ansökan om att bli huvudanvändare", "en": "Main-user application"}
    for language in languages:
        document = compose_application(replace(CONTENT, language=language))
        metadata = metadata_of(document)
        assert "<pdfaid:part>3</pdfaid:part>" in metadata
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
        assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
        assert f"{titles[language]} – {CONTENT.organisation_name}" in metadata
        root = root_of(document).root
        assert str(root["/Lang"]).startswith(language)
        assert "/StructTreeRoot" in root
        assert len(document) < 100_000


def test_every_font_is_embedded() -> None:
    reader = root_of(compose_application(CONTENT))
    fonts = reader.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]
    descriptors = [font.get_object()["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts.values()]
    assert descriptors
    assert all({"/FontFile2", "/FontFile3"} & descriptor.keys() for descriptor in descriptors)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert digest_of(compose_application(CONTENT)) == digest_of(compose_application(replace(CONTENT)))


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
def test_whatever_changes_in_the_content_changes_the_document_and_its_check_code(field: str) -> None:
    other = changed(field)
    assert other.check_code != CONTENT.check_code
    assert compose_application(other) != compose_application(CONTENT)


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
    document = compose_application(replace(CONTENT, organisation_name=name, applicant_name=name, signatory_basis=name))
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
def test_no_name_breaks_it(name: str) -> None:
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
    assert compose_application(everywhere).startswith(b"%PDF-")


def test_every_sign_that_is_shown_is_one_that_the_fonts_have() -> None:
    shown = [chr(code) for code in range(0x20, 0xD800) if shown_of(chr(code)) == chr(code)]
    assert len(shown) > 1500
    assert compose_application(replace(CONTENT, signatory_basis=" ".join(shown))).startswith(b"%PDF-")
    assert shown_of(SCRIPTS) == SCRIPTS
    assert shown_of("A\n\u202e李") == "A □"
