"""The wheel of the yearly calendar (vuosikello): the year runs clockwise from the top."""

from datetime import date
from math import cos, pi, sin

from babel.dates import format_date

from app.domain.calendar.wheels import Arc, Ring, YearWheel
from app.domain.organisations.organisations import Language
from app.pictures.drawing import LINE, MARGIN, TEXT, WIDTH, Drawing, numbered
from app.texts.rendering import LOCALES, Texts, texts_of

NAME = "year-wheel"
RADIUS = 250
"""Of the outermost ring's outer edge."""
RING, GAP = 26, 5
"""The width of a ring, if there is room for all of them, and what is left between two."""
CENTRE = 30
"""The radius that is left free."""
MONTHS = 12


def draw_wheel(wheel: YearWheel, language: Language) -> bytes:
    """The wheel as SVG, with its deadlines in words below it."""
    texts = texts_of("pictures", language)
    words = texts.tables["wheel"]
    facts = {"year": wheel.year, "organisation": wheel.organisation_name, "today": wheel.today}
    below, today = texts.fill(words["name"], facts), texts.fill(words["today"], facts)
    rings = [(ring, [_said(arc, texts) for arc in ring.arcs]) for ring in wheel.rings]
    spoken = [f"{_kind(ring, texts)}: {'; '.join(said)}." for ring, said in rings]
    drawing = Drawing(NAME, language, title=texts.choose(words["title"], facts), description=" ".join([today, *spoken]))
    beside = today if wheel.organisation_name is None else f"{below}. {today}"
    y = drawing.head(wheel.organisation_name or below, beside)
    centre = y + 2 * LINE + RADIUS
    _draw_months(drawing, wheel.year, language, centre)
    step = min(RING + GAP, (RADIUS + GAP - CENTRE) / max(1, len(rings)))
    for place, (ring, style) in enumerate(zip(wheel.rings, numbered(len(rings)), strict=True)):
        outer = RADIUS - place * step
        for arc in ring.arcs:
            _draw_arc(drawing, arc, wheel.year, (centre, outer, outer - step + GAP), style, str(place + 1))
    if wheel.today.year == wheel.year:
        x, end = _at(_turn(wheel.today, wheel.year), RADIUS + 8, centre)
        drawing.add("line", class_="hand", x1=WIDTH / 2, y1=centre, x2=x, y2=end)
    y = centre + RADIUS + 3 * LINE
    for number, ((ring, said), style) in enumerate(zip(rings, numbered(len(rings)), strict=True), start=1):
        drawing.add("rect", class_=f"{style} full", x=MARGIN, y=y - TEXT + 2, width=TEXT, height=TEXT)
        drawing.write(f"{number}. {_kind(ring, texts)}", MARGIN + 24, y, width=WIDTH - 64, style="strong")
        for line in said:
            y += LINE
            drawing.write(line, MARGIN + 24, y, width=WIDTH - 64)
        y += LINE + 8
    return drawing.svg(y)


def _kind(ring: Ring, texts: Texts) -> str:
    return texts.fill("{kind:word}", {"kind": ring.kind})


def _said(arc: Arc, texts: Texts) -> str:
    """The deadline in words: its days, the year of its hours, and how it stands."""
    words = texts.tables["wheel"]
    facts = {
        "opens_on": arc.opens_on,
        "closes_on": arc.closes_on,
        "hours_year": arc.hours_year,
        "state": arc.state,
        "extended_until": arc.extended_until,
        "unconfirmed": not arc.confirmed or None,
    }
    parts = [texts.choose(words["days"], facts), texts.say(words["more"], facts)]
    return ", ".join(parts)


def _draw_months(drawing: Drawing, year: int, language: Language, centre: float) -> None:
    for month in range(1, MONTHS + 1):
        first = date(year, month, 1)
        angle = _turn(first, year)
        (x1, y1), (x2, y2) = _at(angle, 20, centre), _at(angle, RADIUS + 6, centre)
        drawing.add("line", class_="line", x1=x1, y1=y1, x2=x2, y2=y2)
        x, y = _at(_turn(date(year, month, 15), year), RADIUS + 24, centre)
        name = format_date(first, "LLL", locale=LOCALES[language]).rstrip(".")
        drawing.add("text", text=name, class_="middle", x=x, y=y + TEXT / 3)
    drawing.add("circle", class_="line", cx=WIDTH / 2, cy=centre, r=RADIUS + 2)


def _draw_arc(drawing: Drawing, arc: Arc, year: int, ring: tuple[float, float, float], style: str, number: str) -> None:
    """`ring` is the centre's y and the outer and inner radius. What lies outside the year is cut off."""
    centre, outer, inner = ring
    last = max(filter(None, [arc.closes_on, arc.extended_until]), default=None) if arc.closes_on else None
    first, end = date(year, 1, 1), date(year, 12, 31)
    begins, ends = max(arc.opens_on or first, first), min(last or end, end)
    if begins > ends:
        return
    start, stop = _turn(begins, year), _turn(ends, year) + 1 / _days(year)
    corners = [_at(start, outer, centre), _at(stop, outer, centre), _at(stop, inner, centre), _at(start, inner, centre)]
    points = [f"{x:.1f} {y:.1f}" for x, y in corners]
    path = f"M{points[0]}{_edge(start, stop, outer, centre)}L{points[2]}{_edge(stop, start, inner, centre)}Z"
    shape = "full" if arc.state == "open" and arc.confirmed else "outline"
    dashed = "" if arc.confirmed else " dashed"
    drawing.add("path", class_=f"{style} {shape}{dashed}", d=path)
    x, y = _at((start + stop) / 2, (outer + inner) / 2, centre)
    drawing.add("circle", class_="badge", cx=x, cy=y, r=9)
    drawing.add("text", text=number, class_="middle", x=x, y=y + TEXT / 3)


def _edge(start: float, stop: float, radius: float, centre: float) -> str:
    """The edge in two halves, since an arc of a whole turn cannot be drawn."""
    sweep = int(stop > start)
    ends = [_at((start + stop) / 2, radius, centre), _at(stop, radius, centre)]
    return "".join(f"A{radius:.1f} {radius:.1f} 0 0 {sweep} {x:.1f} {y:.1f}" for x, y in ends)


def _days(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _turn(day: date, year: int) -> float:
    """The beginning of the day as a part of the year."""
    return (day - date(year, 1, 1)).days / _days(year)


def _at(turn: float, radius: float, centre: float) -> tuple[float, float]:
    angle = 2 * pi * turn
    return WIDTH / 2 + radius * sin(angle), centre - radius * cos(angle)
