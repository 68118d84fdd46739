"""The study centre's pool of a year: setting it, and closing the year (vuoden sulkeminen; rulebook §3.13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Literal

from app.domain.calendar.deadlines import day_of
from app.domain.errors import PoolExceeded, WrongState
from app.domain.hours.expiring import MOST_SHOWN, Expired
from app.domain.hours.ledger import HourType, Transfer, pool_change
from app.domain.hours.years import check_year_open
from app.domain.values import Shown
from app.domain.versions import fingerprint

YearState = Literal["open", "closed"]


@dataclass(frozen=True)
class HourPool(Shown):
    year: int
    hour_type: HourType
    """Type of the hours."""
    hours: int
    """Hours that the study centre may grant in the year."""
    granted: int
    """Hours granted, with supplementary grants and corrections included."""
    returned: int
    """Hours returned by organisations."""
    available: int
    """Hours that can still be granted: `hours − granted + returned`."""
    state: YearState
    """State of the year."""
    closed_at: datetime | None
    """When the year was closed. `null` if it is open."""


@dataclass(frozen=True)
class YearClosing(HourPool):
    expired_total: int
    """Number of proposals, requests and decision plans that were still open and have expired."""
    expired: list[Expired]
    """The first 200 of these, by `type` and `reference`."""

    @property
    def tag(self) -> str:
        """The version of the pool, which is what has changed."""
        return fingerprint(HourPool(*(getattr(self, each.name) for each in fields(HourPool))))


def closing_of(pool: HourPool, expired: Sequence[Expired]) -> YearClosing:
    shown = sorted(expired, key=lambda each: (each.type, _counted(each.reference), each.id))[:MOST_SHOWN]
    return YearClosing(**vars(pool), expired_total=len(expired), expired=shown)


def _counted(reference: str | None) -> tuple[int, str]:
    """References in the order of their numbers, which are longer after 9999."""
    return (len(reference), reference) if reference else (0, "")


def pool_of(
    year: int, hour_type: HourType, hours: int, available: int, returned: int, closed_at: datetime | None
) -> HourPool:
    """Return the pool from its balance: granted is what is neither free nor returned (rulebook §3.12)."""
    granted = hours - available + returned
    return HourPool(year, hour_type, hours, granted, returned, available, "closed" if closed_at else "open", closed_at)


def resized(pool: HourPool, hours: int) -> tuple[HourPool, list[Transfer]]:
    """Return the pool with other hours, and the transfer. It never falls below the hours granted and not returned.

    Rulebook §3.13. Raise YearClosed, and PoolExceeded if more than the free hours would be taken.
    """
    check_year_open(pool.year, pool.closed_at)
    more = hours - pool.hours
    if -more > pool.available:
        raise PoolExceeded(available=pool.available, asked=-more, lowest=pool.hours - pool.available)
    return replace(pool, hours=hours, available=pool.available + more), [pool_change(more)] if more else []


def check_may_close(
    pool: HourPool, reserved: int, last_day: date | None, now: datetime, *, holding: Mapping[str, object] | None = None
) -> None:
    """Check that nothing is reserved, no cost statement waits, and their last day, extensions included, has passed.

    Rulebook §3.13. `last_day` is None if there is no confirmed deadline. `holding` is facts of what is to be settled.
    Raise YearClosed, and WrongState with the obstacles.
    """
    check_year_open(pool.year, pool.closed_at)
    obstacles: dict[str, object] = {}
    if reserved:
        obstacles["still_reserved"] = reserved
    obstacles |= holding or {}
    if last_day is None:
        obstacles["missing"] = "cost_statement"
    elif day_of(now) <= last_day:
        obstacles["still_due"] = last_day
    if obstacles:
        told: dict[str, object] = {"state": "open", "allowed": ["open"], "reserved": reserved, "last_day": last_day}
        raise WrongState(pointer=None, **told, **obstacles)
