"""Returns of hours (tuntien palautus): unused hours go back to the pool (rulebook §3.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import Window, is_open, last_day_of, state_of
from app.domain.errors import PoolExceeded, QuotaExceeded, WindowClosed, WrongState
from app.domain.hours.pools import HourPool
from app.domain.hours.standing import Standing, check_year
from app.domain.values import Shown

ReturnState = Literal["booked", "cancelled"]


@dataclass(frozen=True)
class HourReturn(Shown):
    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """Hours moved from the organisation's common hours to the study centre's pool, where they can be granted again."""
    grounds: str | None
    """Grounds for the return. `null` if none were given."""
    state: ReturnState
    """State of the return."""
    booked_by: UUID
    """ID of the person who returned the hours."""
    booked_by_name: str | None
    booked_at: datetime
    """When the hours were returned."""
    cancelled_by: UUID | None
    """ID of the person who cancelled the return. `null` if it was not cancelled."""
    cancelled_by_name: str | None
    cancelled_at: datetime | None
    """When the return was cancelled. `null` if it was not cancelled."""
    handler_id: UUID | None
    handler_name: str | None


def check_return(common: int, hours: int) -> None:
    """Check that the common hours suffice. A unit's unused allotment is recalled first (rulebook §3.4).

    Raise QuotaExceeded.
    """
    if hours > common:
        raise QuotaExceeded(available=common, asked=hours)


def check_cancellation(booked: HourReturn, standing: Standing, now: datetime) -> None:
    """Check that the return is undone in the change window in which it was booked (rulebook §3.4).

    `standing` has the change windows of the year. Raise WrongState, YearClosed, NotAMember, WindowClosed.
    """
    if booked.state != "booked":
        raise WrongState(state=booked.state, allowed=["booked"])
    check_year(standing, now)
    own = [each for each in standing.windows if state_of(each.opens_on, last_day_of(each), booked.booked_at) == "open"]
    if not any(is_open(window, now) for window in own):
        raise _window_passed(own)


def check_pool_has(pool: HourPool, booked: HourReturn) -> None:
    """Check that the pool still has the hours of the return (rulebook §3.4). Raise PoolExceeded."""
    if booked.hours > pool.available:
        raise PoolExceeded(available=pool.available, asked=booked.hours)


def _window_passed(own: list[Window]) -> WindowClosed:
    """The window of the return as the last one. No other is named: it could not be undone in it either."""
    last = own[0] if own else None
    return WindowClosed(
        kind="change_window",
        because="window-of-return",
        opened_on=last.opens_on if last else None,
        closed_on=last_day_of(last) if last else None,
        opens_on=None,
        closes_on=None,
        opens_at=None,
    )
