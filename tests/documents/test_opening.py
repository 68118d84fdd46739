"""A PDF that is kept as it is can be opened, and is nothing else."""

import asyncio

import pytest

from app.documents.attachments import examine_pdf
from app.documents.opening import finding_of
from app.domain.attachments import AttachmentRefused
from tests.documents.files import HTML, archive, around, locked, pdf
from tests.images.pictures import picture


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pdf(), id="a page"),
        pytest.param(pdf(300), id="many pages"),
        pytest.param(pdf().rstrip(), id="without a last line break"),
        pytest.param(pdf() + b"\r\n\0\0", id="with blank space at its end"),
        pytest.param(locked("owner", ""), id="protected against changes alone"),
    ],
)
def test_a_pdf_is_accepted(content: bytes) -> None:
    assert finding_of(content) == b""


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        pytest.param(b"", "other-type", id="nothing"),
        pytest.param(HTML, "other-type", id="HTML"),
        pytest.param(picture(), "other-type", id="a PNG"),
        pytest.param(archive(), "other-type", id="an archive"),
        pytest.param(b"\n" + pdf(), "other-type", id="a PDF that does not begin at the beginning"),
        pytest.param(HTML + pdf(), "other-type", id="HTML with a PDF behind it"),
        pytest.param(b"%PDF-1.7\n" + HTML + b"\n%%EOF", "damaged", id="HTML that says it is a PDF"),
        pytest.param(pdf()[:200], "damaged", id="cut off"),
        pytest.param(pdf(0), "damaged", id="without a page"),
        pytest.param(
            pdf().replace(b"/Parent 2 0 R", b"/Parent 9 0 R").replace(b"[3 0 R]", b"[2 0 R]"),
            "damaged",
            id="a page tree in a circle",
        ),
        pytest.param(pdf() + HTML, "other-contents", id="a PDF with HTML behind it"),
        pytest.param(pdf() + archive(), "other-contents", id="a PDF with an archive behind it"),
        pytest.param(
            around(pdf(), b"\n" + pdf()[pdf().index(b"startxref") :]), "other-contents", id="a PDF inside an archive"
        ),
        pytest.param(locked("owner", "user"), "encrypted", id="encrypted"),
    ],
)
def test_a_file_that_lies_is_refused(content: bytes, finding: str) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        asyncio.run(examine_pdf(content))
    assert refused.value.facts == {"finding": finding}
