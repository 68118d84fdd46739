"""What all pictures share: the elements of SVG, the colours, and how much of a text fits.

A picture has no script, no event attribute and no address but the namespace. `ElementTree` escapes every text.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from xml.etree.ElementTree import Element, SubElement, tostring

from app.domain.organisations.organisations import Language

NAMESPACE = "http://www.w3.org/2000/svg"
WIDTH = 760
MARGIN = 20
TEXT, HEADING = 14, 22
HEADING_WIDTH = 25
"""Size of regular letters that are as wide as those of a heading, which are bold."""
LINE = 20
"""Height of a line of text, in pixels."""

_SERIES = 7
_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1b1b",
    "faint": "#5a5a5a",
    "series": ("#0b5c8a", "#8a4b00", "#2c6b2f", "#7a2a7a", "#a32020", "#4a4a9c", "#5b5b00"),
}
_DARK = {
    "paper": "#161616",
    "ink": "#f2f2f2",
    "faint": "#b4b4b4",
    "series": ("#6cb6e6", "#f0b060", "#7fd07f", "#e09be0", "#ff9a90", "#b0b0ff", "#d8d860"),
}
_PRINT = {
    "paper": "#ffffff",
    "ink": "#000000",
    "faint": "#444444",
    "series": ("#303030", "#6e6e6e", "#4a4a4a", "#5c5c5c", "#3c3c3c", "#686868", "#545454"),
}


def _colours(palette: dict[str, str | Sequence[str]]) -> str:
    rules = [
        f".picture .paper{{fill:{palette['paper']}}}",
        f".picture text{{fill:{palette['ink']}}}",
        f".picture text.faint{{fill:{palette['faint']}}}",
        f".picture .line{{stroke:{palette['faint']}}}",
        f".picture .hand{{stroke:{palette['ink']}}}",
        f".picture .free{{fill:{palette['paper']};stroke:{palette['ink']}}}",
        f".picture .badge{{fill:{palette['paper']}}}",
    ]
    for number, colour in enumerate(palette["series"], start=1):
        rules.append(f".picture .s{number}{{stroke:{colour}}}.picture .s{number}.full{{fill:{colour}}}")
    return "".join(rules)


STYLE = (
    ":root{color-scheme:light dark}"
    f".picture text{{font:{TEXT}px system-ui,sans-serif}}"
    f".picture text.heading{{font-size:{HEADING}px;font-weight:600}}"
    ".picture text.strong{font-weight:600}.picture text.middle{text-anchor:middle}.picture text.end{text-anchor:end}"
    ".picture .outline{fill:none;stroke-width:2}.picture .full{stroke-width:1}.picture .dashed{stroke-dasharray:5 4}"
    ".picture .line{stroke-width:1;fill:none}.picture .hand{stroke-width:3;stroke-linecap:round}"
    + _colours(_LIGHT)
    + f"@media screen and (prefers-color-scheme:dark){{{_colours(_DARK)}}}"
    + f"@media print{{{_colours(_PRINT)}}}"
)
"""The same text in all pictures: pages that show one allow just this style."""


class Drawing:
    """A picture in the making."""

    def __init__(self, name: str, language: Language, *, title: str, description: str) -> None:
        """`name` makes the IDs in it unique in a page, and is its own."""
        self.root = Element("svg", {"xmlns": NAMESPACE, "id": name, "class": "picture", "role": "img"})
        self.root.set("lang", language)
        self.root.set("aria-labelledby", f"{name}-title")
        self.root.set("aria-describedby", f"{name}-desc")
        self.add("title", text=title, id=f"{name}-title")
        self.add("desc", text=description, id=f"{name}-desc")
        self.add("style", text=STYLE)
        self._paper = self.add("rect", class_="paper", width=WIDTH)

    def add(
        self, tag: str, *, parent: Element | None = None, text: str | None = None, **attributes: str | float
    ) -> Element:
        """Add an element. `class_` becomes `class`. What is empty is left out."""
        named = {name.rstrip("_"): _written(value) for name, value in attributes.items() if value != ""}
        element = SubElement(self.root if parent is None else parent, tag, named)
        element.text = text
        return element

    def write(self, text: str, x: float, y: float, *, width: float, style: str = "", size: int = TEXT) -> None:
        """Write as much of the text as fits; all of it is in the tooltip then."""
        shown = fitted(text, width, size)
        element = self.add("text", text=shown, x=x, y=y, class_=style)
        if shown != text:
            self.add("title", parent=element, text=text)

    def head(self, heading: str, below: str) -> float:
        """Write the heading and what is below it, in as many lines as they need. Return the y where the rest begins."""
        y = MARGIN + HEADING
        for line in wrapped(heading, WIDTH - 2 * MARGIN, HEADING_WIDTH, most=3):
            self.write(line, MARGIN, y, width=WIDTH - 2 * MARGIN, style="heading", size=HEADING_WIDTH)
            y += HEADING + 6
        for line in wrapped(below, WIDTH - 2 * MARGIN, most=2):
            self.write(line, MARGIN, y, width=WIDTH - 2 * MARGIN, style="faint")
            y += LINE
        return y

    def svg(self, height: float) -> bytes:
        self._paper.set("height", _written(height))
        self.root.set("width", str(WIDTH))
        self.root.set("height", _written(height))
        self.root.set("viewBox", f"0 0 {WIDTH} {_written(height)}")
        return tostring(self.root, encoding="unicode").encode()


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def width_of(text: str, size: int = TEXT) -> float:
    """An estimate, rather too wide than too narrow: the reader's own font decides."""
    return sum(_advance(character) for character in text) * size


def _advance(character: str) -> float:
    """That of DejaVu Sans, which is among the widest."""
    if character in "ijl.,:;'| ":
        return 0.33
    if character in "frt()[]!":
        return 0.41
    if character in "mwMW—@%…":
        return 1.0
    if ord(character) >= 0x250:  # The end of Latin letters.
        return 1.05
    return 0.72 if character.isupper() else 0.63


def fitted(text: str, width: float, size: int = TEXT) -> str:
    """The text, or its beginning with an ellipsis."""
    if width_of(text, size) <= width:
        return text
    widths = accumulate(_advance(character) * size for character in text)
    kept = sum(1 for _ in takewhile(lambda each: each <= width - width_of("…", size), widths))
    return f"{text[:kept].rstrip()}…"


def wrapped(text: str, width: float, size: int = TEXT, *, most: int) -> list[str]:
    """The lines of the text, broken between words; the last of `most` has all that is left."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and (len(lines) == most or width_of(longer, size) <= width):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def numbered(count: int) -> Iterator[str]:
    """The classes of that many series."""
    return (f"s{number % _SERIES + 1}" for number in range(count))
