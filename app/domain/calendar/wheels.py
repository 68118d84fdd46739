"""The yearly calendar as a wheel (vuosikello): a ring for each kind of deadline, an arc for each deadline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import get_args
from uuid import UUID

from app.domain.calendar.deadlines import Kind, State, Window, day_of, last_day_of, state_of
from app.domain.values import Shown


@dataclass(frozen=True)
class Arc(Shown):
    """The days of one deadline."""

    deadline_id: UUID
    hours_year: int
    """Year of the hours that the deadline concerns."""
    opens_on: date | None
    """First day. `null` if it is open until `closes_on`."""
    closes_on: date | None
    """Last day, without an extension. `null` if it is open from `opens_on` on."""
    extended_until: date | None
    """Last day of the organisation's extension. `null` if it has none, or no organisation is named."""
    state: State
    """State calculated from the current time, with the organisation's extension."""
    confirmed: bool
    """Whether the deadline has been confirmed. Unconfirmed deadlines have no effect."""


@dataclass(frozen=True)
class Ring(Shown):
    kind: Kind
    """Kind of all deadlines on the ring."""
    arcs: list[Arc]
    """Deadlines of the kind, in the order of their days."""


@dataclass(frozen=True)
class YearWheel(Shown):
    year: int
    """Year of the calendar."""
    organisation_name: str | None
    """Name of the organisation whose extensions and own days are shown. `null` if none is named."""
    today: date
    """The current day in Finland."""
    rings: list[Ring]
    """One ring for each kind that has deadlines, the outermost first."""


@dataclass(frozen=True)
class WheelDay:
    """A deadline with the latest extension for one organisation."""

    id: UUID
    kind: Kind
    hours_year: int
    opens_on: date | None
    closes_on: date | None
    extended_until: date | None
    confirmed: bool


def wheel_of(year: int, organisation_name: str | None, days: Iterable[WheelDay], now: datetime) -> YearWheel:
    """The wheel of the deadlines, which are in the order of their days."""
    kinds = get_args(Kind)
    in_rings = groupby(sorted(days, key=lambda day: kinds.index(day.kind)), key=lambda day: day.kind)
    rings = [Ring(kind, [_arc_of(day, now) for day in alike]) for kind, alike in in_rings]
    return YearWheel(year, organisation_name, day_of(now), rings)


def _arc_of(day: WheelDay, now: datetime) -> Arc:
    last_day = last_day_of(Window(day.opens_on, day.closes_on, day.extended_until))
    state = state_of(day.opens_on, last_day, now)
    return Arc(day.id, day.hours_year, day.opens_on, day.closes_on, day.extended_until, state, day.confirmed)
