"""The pool of a year: its sums, its floor, and when the year can be closed."""

from datetime import date, datetime
from typing import Any

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import PoolExceeded, WrongState, YearClosed
from app.domain.hours.pools import check_may_close, pool_of, resized

CLOSED_AT = datetime(2024, 1, 19, 9, tzinfo=HELSINKI)
# Of 1,000 hours 700 were granted and 50 came back: 1,000 − 700 + 50 = 350 are free.
POOL = pool_of(2023, "training", 1000, 350, 50, None)


def test_the_free_hours_of_a_pool_follow_from_its_sums() -> None:
    assert (POOL.hours, POOL.granted, POOL.returned, POOL.available) == (1000, 700, 50, 350)
    assert (POOL.state, pool_of(2023, "training", 0, 0, 0, CLOSED_AT).state) == ("open", "closed")


@pytest.mark.parametrize(
    ("hours", "available", "moved"),
    [
        (1500, 850, [("state", "pool", 500)]),  # 500 more are free.
        (1000, 350, []),  # The same size again moves nothing.
        (650, 0, [("pool", "state", 350)]),  # Organisations have 700 − 50 = 650: the smallest possible size.
    ],
)
def test_a_pool_is_resized(hours: int, available: int, moved: list[Any]) -> None:
    changed, transfers = resized(POOL, hours)
    assert (changed.hours, changed.granted, changed.returned, changed.available) == (hours, 700, 50, available)
    assert [(each.source.account, each.target.account, each.hours) for each in transfers] == moved


def test_a_pool_never_falls_below_the_granted_hours() -> None:
    with pytest.raises(PoolExceeded) as refused:
        resized(POOL, 649)
    assert refused.value.facts == {
        "available": 350,
        "asked": 351,
        "lowest": 650,
    }  # 1,000 − 649 = 351 would be taken out.


def test_a_closed_pool_does_not_change() -> None:
    closed = pool_of(2023, "training", 1000, 350, 50, CLOSED_AT)
    with pytest.raises(YearClosed):
        resized(closed, 1000)
    with pytest.raises(YearClosed):
        check_may_close(closed, 0, date(2024, 1, 18), CLOSED_AT)


LAST_DAY = date(2024, 1, 18)


@pytest.mark.parametrize(
    ("reserved", "last_day", "now", "obstacles"),
    [
        (1, LAST_DAY, (2024, 1, 19), {"still_reserved": 1}),  # One hour is still reserved.
        (0, LAST_DAY, (2024, 1, 18, 23, 59, 59), {"still_due": LAST_DAY}),  # The last day counts completely.
        (0, None, (2024, 1, 19), {"missing": "cost_statement"}),  # No confirmed deadline gives the last day.
    ],
)
def test_a_year_cannot_be_closed_yet(
    reserved: int, last_day: date | None, now: tuple[int, ...], obstacles: dict[str, object]
) -> None:
    with pytest.raises(WrongState) as refused:
        check_may_close(POOL, reserved, last_day, datetime(*now, tzinfo=HELSINKI))  # type: ignore[arg-type,misc]  # Year and so on.
    facts = {"state": "open", "allowed": ["open"], "reserved": reserved, "last_day": last_day}
    assert refused.value.facts == facts | obstacles


def test_a_year_can_be_closed_from_the_next_day() -> None:
    check_may_close(POOL, 0, LAST_DAY, datetime(2024, 1, 19, tzinfo=HELSINKI))
