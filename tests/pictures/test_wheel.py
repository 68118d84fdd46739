"""The wheel of the yearly calendar as SVG."""

import re
from datetime import date, datetime
from itertools import pairwise
from math import cos, radians, sin
from typing import get_args
from uuid import UUID
from xml.etree import ElementTree

import pytest

from app.domain.calendar.deadlines import HELSINKI, Kind
from app.domain.calendar.wheels import WheelDay, YearWheel, wheel_of
from app.domain.calendar.years import DEADLINES_OF_2023
from app.domain.organisations.organisations import Language
from app.pictures.drawing import fitted, width_of, wrapped
from app.pictures.wheel import draw_wheel
from app.texts.rendering import LANGUAGES
from tests.pictures import SVG, in_docs, parsed

NOW = datetime(2023, 3, 15, 12, tzinfo=HELSINKI)


def day(
    opens_on: date | None,
    closes_on: date | None,
    *,
    kind: Kind = "change_window",
    extended_until: date | None = None,
    confirmed: bool = True,
) -> WheelDay:
    return WheelDay(UUID(int=1), kind, 2023, opens_on, closes_on, extended_until, confirmed)


def wheel(*days: WheelDay) -> YearWheel:
    return wheel_of(2023, None, days, NOW)


def arcs_of(svg: bytes) -> list[ElementTree.Element]:
    return list(parsed(svg).iter(f"{SVG}path"))


@pytest.mark.parametrize(
    ("drawn", "classes"),
    [
        (day(date(2023, 3, 13), date(2023, 3, 25)), "s1 full"),
        (day(date(2023, 8, 14), date(2023, 8, 25)), "s1 outline"),
        (day(date(2023, 3, 1), date(2023, 3, 5)), "s1 outline"),
        (day(date(2023, 3, 1), date(2023, 3, 5), extended_until=date(2023, 3, 20)), "s1 full"),
        (day(date(2023, 3, 13), date(2023, 3, 25), confirmed=False), "s1 outline dashed"),
    ],
)
def test_an_open_deadline_is_filled_and_an_unconfirmed_one_dashed(drawn: WheelDay, classes: str) -> None:
    assert [arc.get("class") for arc in arcs_of(draw_wheel(wheel(drawn), "fi"))] == [classes]


def test_all_kinds_have_a_ring_and_leave_the_centre_free() -> None:
    kinds = get_args(Kind)
    days = [day(date(2023, 1, 1), date(2023, 1, 31), kind=kind) for kind in kinds]
    arcs = arcs_of(draw_wheel(wheel(*days), "fi"))
    # From the end of the arc's outer edge, a line to the inner edge, whose radius follows.
    radii = [[float(part) for part in re.findall(r"A([\d.]+)", str(arc.get("d")))] for arc in arcs]
    assert len(radii) == len(kinds)
    assert min(min(each) for each in radii) >= 30
    assert all(outer[-1] > inner[0] for outer, inner in pairwise(radii))


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "begins", "ends"),
    [
        (date(2023, 1, 1), date(2023, 12, 31), 0, 365),
        (None, date(2023, 1, 18), 0, 18),
        (date(2023, 12, 1), None, 334, 365),
        (date(2023, 12, 1), date(2024, 1, 31), 334, 365),
        (date(2023, 7, 1), date(2023, 7, 1), 181, 182),
    ],
)
def test_an_arc_begins_with_its_first_day_and_ends_with_its_last(
    opens_on: date | None, closes_on: date | None, begins: int, ends: int
) -> None:
    """The outer edge has a radius of 250 around (380, centre). Its first point and the last of its two halves count."""
    svg = draw_wheel(wheel(day(opens_on, closes_on)), "fi")
    [arc] = arcs_of(svg)
    circle = next(parsed(svg).iter(f"{SVG}circle"))
    points = re.findall(r"([-\d.]+) ([-\d.]+)(?=[A-Z])", arc.get("d", ""))
    drawn = [tuple(map(float, points[0])), tuple(map(float, points[2]))]
    centre = float(circle.get("cy", "0"))
    assert drawn == [pytest.approx(_place(turn, centre), abs=0.1) for turn in (begins / 365, ends / 365)]


def _place(turn: float, centre: float) -> tuple[float, float]:
    return 380 + 250 * sin(radians(360 * turn)), centre - 250 * cos(radians(360 * turn))


def test_a_deadline_that_lies_in_another_year_has_no_arc() -> None:
    assert arcs_of(draw_wheel(wheel(day(date(2024, 2, 1), date(2024, 2, 5))), "fi")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_description_says_all_that_the_picture_shows(language: Language) -> None:
    shown = wheel(
        day(date(2023, 3, 13), date(2023, 3, 25), extended_until=date(2023, 3, 31)),
        day(date(2023, 12, 1), None, kind="training_entry", confirmed=False),
    )
    root = parsed(draw_wheel(shown, language))
    said = root.findtext(f"{SVG}desc") or ""
    lines = [element.text or "" for element in root.iter(f"{SVG}text")][-4:]
    assert len(lines) == 4
    for line in lines:
        assert re.sub(r"^\d\. ", "", line) in said
    assert "31" in said
    assert root.get("role") == "img"


def test_the_hand_shows_today_in_the_wheel_of_this_year_alone() -> None:
    def hands(year: int) -> int:
        svg = draw_wheel(wheel_of(year, None, [], NOW), "fi")
        return sum(line.get("class") == "hand" for line in parsed(svg).iter(f"{SVG}line"))

    assert (hands(2023), hands(2024)) == (1, 0)


def test_a_long_text_is_cut_or_wrapped() -> None:
    long = "Keskusjärjestöjen " * 20
    assert width_of(fitted(long, 300)) <= 300
    assert fitted("Martat", 300) == "Martat"
    assert wrapped("a b", 300, most=2) == ["a b"]
    lines = wrapped(long, 300, most=3)
    assert (len(lines), " ".join(lines)) == (3, long.strip())


@pytest.mark.parametrize(("language", "name"), [("en", "year-wheel.svg"), ("fi", "year-wheel.fi.svg")])
def test_the_wheel_in_readme_is_the_one_drawn(language: Language, name: str) -> None:
    days = [
        WheelDay(UUID(int=1), each.kind, each.hours_year, each.opens_on, each.closes_on, None, True)
        for each in DEADLINES_OF_2023
    ]
    drawn = draw_wheel(wheel_of(2023, None, days, NOW), language)
    assert in_docs(name, drawn) == drawn
