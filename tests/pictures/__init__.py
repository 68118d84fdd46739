"""Reading pictures: their texts, and what no picture may have."""

from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def parsed(svg: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  # The service has drawn it.


def texts_of(svg: bytes) -> set[str]:
    """What the picture says: each text as it is shown, the title and the description."""
    return {element.text or "" for element in parsed(svg).iter()}
