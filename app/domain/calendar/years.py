"""Calendars of a year: that of 2023, the default for other years, and copies (rulebook §5)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from app.domain.calendar.deadlines import FIRST_YEAR, LAST_YEAR, Deadline, Kind, same_day_later
from app.domain.errors import AlreadyExists
from app.domain.values import Shown

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar(Shown):
    """All deadlines of a calendar year, in the order of the year."""

    year: int
    """Year of the calendar."""
    items: list[Deadline]
    """Deadlines of the calendar, in the order of the year."""


@dataclass(frozen=True, slots=True)
class PlannedDeadline:
    """A deadline for everyone that is not in a calendar yet."""

    kind: Kind
    hours_year: int
    opens_on: date | None
    closes_on: date | None
    note: str | None = None


FIRST_FOLLOW_UP = 2025
"""First calendar with days for following up training strategies by default."""
DEADLINES_OF_2023 = (
    PlannedDeadline("cost_statement", 2022, None, date(2023, 1, 18)),
    PlannedDeadline("change_window", 2023, date(2023, 3, 13), date(2023, 3, 25)),
    PlannedDeadline("change_window", 2023, date(2023, 8, 14), date(2023, 8, 25)),
    PlannedDeadline("proposal_round", 2024, date(2023, 10, 1), date(2023, 11, 30)),
    PlannedDeadline("decision_period", 2024, date(2023, 11, 1), date(2023, 11, 30)),
    PlannedDeadline("training_entry", 2024, date(2023, 12, 1), None),
)


def default_deadlines(year: int) -> tuple[PlannedDeadline, ...]:
    """The default calendar of a year (rulebook §5.1)."""
    deadlines = (
        PlannedDeadline("cost_statement", year - 1, None, date(year, 1, 18)),
        PlannedDeadline("change_window", year, date(year, 3, 13), date(year, 3, 25)),
        PlannedDeadline("change_window", year, date(year, 8, 14), date(year, 8, 25)),
        PlannedDeadline("proposal_round", year + 1, date(year, 10, 1), date(year, 11, 15)),
        PlannedDeadline("decision_period", year + 1, date(year, 11, 1), date(year, 11, 30)),
        PlannedDeadline("training_entry", year + 1, date(year, 12, 1), None),
        PlannedDeadline("data_confirmation", year, date(year, 5, 1), date(year, 5, 31)),
    )
    if year < FIRST_FOLLOW_UP:
        return deadlines
    return (*deadlines, PlannedDeadline("strategy_follow_up", year - 1, date(year, 2, 1), date(year, 3, 31)))


def copied_deadlines(
    deadlines: Iterable[Deadline], from_year: int, to_year: int, is_public_holiday: Callable[[date], bool]
) -> list[PlannedDeadline]:
    """Copies of the deadlines for everyone, moved to another year (rulebook §5.4)."""
    years = to_year - from_year
    # A deadline is not copied if its hours would be of a year outside the years of the service.
    common = [
        deadline
        for deadline in deadlines
        if deadline.organisation_id is None
        and not deadline.irregular
        and FIRST_YEAR <= deadline.hours_year + years <= LAST_YEAR
    ]
    common.sort(key=lambda deadline: (deadline.kind, deadline.hours_year, deadline.opens_on or date.min))
    copies = []
    for _, alike in groupby(common, key=lambda deadline: (deadline.kind, deadline.hours_year)):
        previous_end: date | None = None
        for deadline in alike:
            opens_on = _moved(deadline.opens_on, years, is_public_holiday)
            closes_on = _moved(deadline.closes_on, years, is_public_holiday)
            # An end on Saturday and a beginning on Sunday both move to Monday. The later window then begins
            # on the working day after, and ends no earlier than it begins.
            if opens_on is not None and previous_end is not None and opens_on <= previous_end:
                opens_on = next_working_day(previous_end + timedelta(days=1), is_public_holiday)
            if opens_on is not None and closes_on is not None:
                closes_on = max(opens_on, closes_on)
            # Pushed into the next year it would be irregular, and the service knows no day after its last year.
            if (opens_on and opens_on.year > to_year) or (closes_on and closes_on.year > LAST_YEAR):
                continue
            previous_end = closes_on
            hours_year = deadline.hours_year + years
            copies.append(PlannedDeadline(deadline.kind, hours_year, opens_on, closes_on, deadline.note))
    return sorted(copies, key=lambda copy: (copy.opens_on or copy.closes_on or date.max, copy.kind))


def check_still_empty(year: int, deadlines: Iterable[Deadline]) -> None:
    """Raise AlreadyExists if the year has a deadline for everyone (rulebook §5.4)."""
    if any(deadline.organisation_id is None for deadline in deadlines):
        raise AlreadyExists(year=year)


def next_working_day(day: date, is_public_holiday: Callable[[date], bool]) -> date:
    """The day itself or the next one that is neither Saturday, Sunday nor a public holiday."""
    while day.weekday() >= SATURDAY or is_public_holiday(day):
        day += timedelta(days=1)
    return day


def _last_working_day(day: date, is_public_holiday: Callable[[date], bool]) -> date:
    while day.weekday() >= SATURDAY or is_public_holiday(day):
        day -= timedelta(days=1)
    return day


def _moved(day: date | None, years: int, is_public_holiday: Callable[[date], bool]) -> date | None:
    """The same day and month in another year, or the next working day of that year, or its last one."""
    if day is None:
        return None
    same_day = same_day_later(day, years)
    moved = next_working_day(same_day, is_public_holiday)
    # The first day lies in its calendar's year, so at the end of a year the day moves back.
    return moved if moved.year == same_day.year else _last_working_day(same_day, is_public_holiday)
