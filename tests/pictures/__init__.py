"""Reading pictures: their texts, and what no picture may have."""

import os
from pathlib import Path
from xml.etree import ElementTree

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"


def in_docs(name: str, drawn: bytes) -> bytes:
    """The picture that a README shows. `make answers` writes what is drawn."""
    if "WRITE_ANSWERS" in os.environ:
        (DOCS / name).write_bytes(drawn)
    return (DOCS / name).read_bytes()


def parsed(svg: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  # The service has drawn it.


def texts_of(svg: bytes) -> set[str]:
    """What the picture says: each text as it is shown, the title and the description."""
    return {element.text or "" for element in parsed(svg).iter()}
