"""What a PDF claims to be and holds, read by a library that did not make it."""

import io
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.reader import PdfFileReader

from app.domain.organisations.organisations import Language


def root_of(document: bytes) -> PdfFileReader:
    return PdfFileReader(io.BytesIO(document))


def metadata_of(document: bytes) -> str:
    return str(root_of(document).root["/Metadata"].data.decode())


def accessible_kinds_of(document: bytes, language: Language) -> list[str]:
    """Check that the document claims PDF/A-3a and PDF/UA-1 and has what they demand. Return the kinds of its parts."""
    metadata = metadata_of(document)
    assert "<pdfaid:part>3</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    root = root_of(document).root
    # PDF/A: the file says what its colours mean.
    (intent,) = root["/OutputIntents"]
    assert intent.get_object()["/S"] == "/GTS_PDFA1"
    assert intent.get_object()["/DestOutputProfile"].data[36:40] == b"acsp"  # The mark of an ICC profile.
    # PDF/UA: a tagged document with its title and language.
    assert root["/MarkInfo"]["/Marked"]
    assert not root["/MarkInfo"]["/Suspects"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"] == {"fi": "fi-FI", "sv": "sv-FI", "en": "en-GB"}[language]
    assert all(page.get_object()["/Tabs"] == "/S" for page in root["/Pages"]["/Kids"])
    kinds = list(kinds_of(root["/StructTreeRoot"]))
    assert kinds.count("/H1") == 1
    return kinds


def kinds_of(element: Any) -> Iterator[str]:
    """Kinds of the elements of a tagged document's structure, from the top."""
    element = element.get_object()
    if isinstance(element, DictionaryObject):
        if "/S" in element:
            yield str(element["/S"])
        inner = element.get("/K", [])
        for each in inner if isinstance(inner, list) else [inner]:
            yield from kinds_of(each)
