"""The calendar of 2023, and copies of a year (rulebook §5.1, §5.4)."""

from datetime import date
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import Deadline, Kind, check_deadline
from app.domain.calendar.years import (
    DEADLINES_OF_2023,
    PlannedDeadline,
    copied_deadlines,
    default_deadlines,
    next_working_day,
)

FINNISH_HOLIDAYS = {
    date(2023, 1, 6),
    date(2024, 1, 1),
    date(2024, 3, 29),
    date(2024, 4, 1),
    date(2024, 12, 6),
}

Row = tuple[Kind, int, date | None, date | None]


def is_public_holiday(day: date) -> bool:
    return day in FINNISH_HOLIDAYS


def deadline(
    kind: Kind,
    hours_year: int,
    opens_on: date | None,
    closes_on: date | None,
    organisation_id: UUID | None = None,
    note: str | None = "Tunnit ovat muun vuoden.",
    year: int = 2023,
) -> Deadline:
    return Deadline(
        id=UUID(int=1),
        year=year,
        kind=kind,
        hours_year=hours_year,
        organisation_id=organisation_id,
        opens_on=opens_on,
        closes_on=closes_on,
        confirmed=True,
        note=note,
        state="closed",
    )


def copied(rows: list[Row], from_year: int, to_year: int) -> list[Row]:
    copies = copied_deadlines([deadline(*row, year=from_year) for row in rows], from_year, to_year, is_public_holiday)
    return [(copy.kind, copy.hours_year, copy.opens_on, copy.closes_on) for copy in copies]


def test_the_calendar_of_2023() -> None:
    assert [(row.kind, row.hours_year, row.opens_on, row.closes_on) for row in DEADLINES_OF_2023] == [
        ("cost_statement", 2022, None, date(2023, 1, 18)),
        ("change_window", 2023, date(2023, 3, 13), date(2023, 3, 25)),
        ("change_window", 2023, date(2023, 8, 14), date(2023, 8, 25)),
        ("proposal_round", 2024, date(2023, 10, 1), date(2023, 11, 30)),
        ("decision_period", 2024, date(2023, 11, 1), date(2023, 11, 30)),
        ("training_entry", 2024, date(2023, 12, 1), None),
    ]


def test_other_years_differ_from_2023_in_the_end_of_the_round_and_have_yearly_confirmations() -> None:
    differing = [deadline for deadline in default_deadlines(2023) if deadline not in DEADLINES_OF_2023]
    assert [(deadline.kind, deadline.opens_on, deadline.closes_on) for deadline in differing] == [
        ("proposal_round", date(2023, 10, 1), date(2023, 11, 15)),
        ("data_confirmation", date(2023, 5, 1), date(2023, 5, 31)),
    ]
    assert len(default_deadlines(2023)) == len(DEADLINES_OF_2023) + 1


def test_training_strategies_are_followed_up_from_2025_on() -> None:
    kinds = {year: [deadline.kind for deadline in default_deadlines(year)] for year in (2024, 2025)}
    assert set(kinds[2025]) - set(kinds[2024]) == {"strategy_follow_up"}
    follow_up = PlannedDeadline("strategy_follow_up", 2024, date(2025, 2, 1), date(2025, 3, 31))
    assert default_deadlines(2025)[-1] == follow_up
    rows: list[Row] = [(follow_up.kind, follow_up.hours_year, follow_up.opens_on, follow_up.closes_on)]
    # 1.2.2026 is a Sunday, and 31.3.2026 a Tuesday.
    assert copied(rows, 2025, 2026) == [("strategy_follow_up", 2025, date(2026, 2, 2), date(2026, 3, 31))]


def test_the_calendar_of_2023_copied_to_2024() -> None:
    rows: list[Row] = [(row.kind, row.hours_year, row.opens_on, row.closes_on) for row in DEADLINES_OF_2023]
    assert copied(rows, 2023, 2024) == [
        ("cost_statement", 2023, None, date(2024, 1, 18)),
        ("change_window", 2024, date(2024, 3, 13), date(2024, 3, 25)),
        ("change_window", 2024, date(2024, 8, 14), date(2024, 8, 26)),  # 25.8. is a Sunday
        ("proposal_round", 2025, date(2024, 10, 1), date(2024, 12, 2)),  # 30.11. is a Saturday
        ("decision_period", 2025, date(2024, 11, 1), date(2024, 12, 2)),
        ("training_entry", 2025, date(2024, 12, 2), None),  # 1.12. is a Sunday
    ]


@pytest.mark.parametrize(
    ("day", "working_day"),
    [
        (date(2024, 3, 27), date(2024, 3, 27)),  # a Wednesday
        (date(2024, 3, 29), date(2024, 4, 2)),  # Good Friday, Saturday, Easter Sunday, Easter Monday: Tuesday
        (date(2023, 12, 30), date(2024, 1, 2)),  # Saturday, Sunday, New Year's Day: into the next year
        (date(2024, 12, 6), date(2024, 12, 9)),  # Independence Day on a Friday: Monday
    ],
)
def test_the_next_working_day(day: date, working_day: date) -> None:
    assert next_working_day(day, is_public_holiday) == working_day


@pytest.mark.parametrize(
    ("rows", "from_year", "to_year", "copies"),
    [
        # 29.2. becomes 28.2. in a common year; in 2025 that is a Friday.
        (
            [("change_window", 2024, date(2024, 2, 19), date(2024, 2, 29))],
            2024,
            2025,
            [("change_window", 2025, date(2025, 2, 19), date(2025, 2, 28))],
        ),
        # Four years on, the leap day is there again: 29.2.2028 is a Tuesday.
        (
            [("change_window", 2024, None, date(2024, 2, 29))],
            2024,
            2028,
            [("change_window", 2028, None, date(2028, 2, 29))],
        ),
        # Days that lie in the year after the calendar's stay there.
        (
            [("proposal_round", 2024, date(2023, 12, 18), date(2024, 1, 8))],
            2023,
            2024,
            [("proposal_round", 2025, date(2024, 12, 18), date(2025, 1, 8))],
        ),
        # Backwards: 13.3.2022 was a Sunday, 25.3.2022 a Friday.
        (
            [("change_window", 2023, date(2023, 3, 13), date(2023, 3, 25))],
            2023,
            2022,
            [("change_window", 2022, date(2022, 3, 14), date(2022, 3, 25))],
        ),
        # A weekend of 2024 becomes one Monday.
        (
            [("change_window", 2023, date(2023, 6, 1), date(2023, 6, 2))],
            2023,
            2024,
            [("change_window", 2024, date(2024, 6, 3), date(2024, 6, 3))],
        ),
        # In 2024, 1.6. is a Saturday: the first would end on Monday 3.6., where the second would begin.
        (
            [
                ("change_window", 2023, date(2023, 5, 22), date(2023, 6, 1)),
                ("change_window", 2023, date(2023, 6, 2), date(2023, 6, 12)),
            ],
            2023,
            2024,
            [
                ("change_window", 2024, date(2024, 5, 22), date(2024, 6, 3)),
                ("change_window", 2024, date(2024, 6, 4), date(2024, 6, 12)),
            ],
        ),
        # All three would be Monday 3.6.: one day each, one after another.
        (
            [
                ("change_window", 2023, date(2023, 6, 1), date(2023, 6, 1)),
                ("change_window", 2023, date(2023, 6, 2), date(2023, 6, 2)),
                ("change_window", 2023, date(2023, 6, 3), date(2023, 6, 3)),
            ],
            2023,
            2024,
            [
                ("change_window", 2024, date(2024, 6, 3), date(2024, 6, 3)),
                ("change_window", 2024, date(2024, 6, 4), date(2024, 6, 4)),
                ("change_window", 2024, date(2024, 6, 5), date(2024, 6, 5)),
            ],
        ),
        # 28.2. and 29.2. both become Friday 28.2.2025: pushed off it, the second begins after the weekend.
        (
            [
                ("change_window", 2024, date(2024, 2, 1), date(2024, 2, 28)),
                ("change_window", 2024, date(2024, 2, 29), None),
            ],
            2024,
            2025,
            [
                ("change_window", 2025, date(2025, 2, 3), date(2025, 2, 28)),
                ("change_window", 2025, date(2025, 3, 3), None),
            ],
        ),
        # Another kind, or hours of another year, is no neighbour.
        (
            [
                ("change_window", 2023, date(2023, 6, 1), date(2023, 6, 1)),
                ("change_window", 2022, date(2023, 6, 2), date(2023, 6, 2)),
            ],
            2023,
            2024,
            [
                ("change_window", 2023, date(2024, 6, 3), date(2024, 6, 3)),
                ("change_window", 2024, date(2024, 6, 3), date(2024, 6, 3)),
            ],
        ),
        # Hours of 2101 are unknown to the service.
        (
            [
                ("change_window", 2099, date(2099, 3, 16), date(2099, 3, 27)),
                ("proposal_round", 2100, date(2099, 10, 1), date(2099, 11, 30)),
            ],
            2099,
            2100,
            [("change_window", 2100, date(2100, 3, 16), date(2100, 3, 29))],  # 27.3.2100 is a Saturday
        ),
    ],
)
def test_a_copied_year(rows: list[Row], from_year: int, to_year: int, copies: list[Row]) -> None:
    assert sorted(copied(rows, from_year, to_year), key=str) == sorted(copies, key=str)


def test_neighbours_never_overlap_in_any_year() -> None:
    """Windows side by side, at every weekday and around the leap day, keep their order and stay apart."""
    edges = [date(2024, 2, day) for day in range(22, 30)]
    rows: list[Row] = [("change_window", 2024, day, day) for day in edges]
    for to_year in range(2025, 2053):
        copies = copied(rows, 2024, to_year)
        assert len(copies) == len(rows)
        for kind, hours_year, opens_on, closes_on in copies:
            check_deadline(kind, hours_year, None, opens_on, closes_on)
        ends_and_beginnings = [day for _, _, opens_on, closes_on in copies for day in (opens_on, closes_on) if day]
        assert ends_and_beginnings == sorted(ends_and_beginnings)
        assert len(set(ends_and_beginnings)) == len(rows)


def test_organisations_own_deadlines_stay_and_notes_come_along() -> None:
    own = deadline("unit_proposals", 2024, date(2023, 9, 15), date(2023, 10, 15), organisation_id=UUID(int=2))
    everyones = deadline("change_window", 2023, date(2023, 3, 13), date(2023, 3, 25), note="Kevään muutosaika")
    copies = copied_deadlines([own, everyones], 2023, 2024, is_public_holiday)
    assert [(copy.kind, copy.note) for copy in copies] == [("change_window", "Kevään muutosaika")]
