"""When a course can be completed, and on which days."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import TrainingNotOver
from app.domain.trainings.completions import CompletionDays, check_over, days_of
from app.domain.trainings.sessions import TrainingSession

SECOND = timedelta(seconds=1)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HELSINKI)  # type: ignore[arg-type,misc]  # Year, month, day and so on.


def sessions(*begins: datetime) -> list[TrainingSession]:
    rest: dict[str, Any] = {"break_minutes": 0, "parallel_groups": 1, "places": []}
    return [TrainingSession(starts_at=begin, ends_at=begin + timedelta(hours=2), **rest) for begin in begins]


@pytest.mark.parametrize(
    ("begins", "opens_at"),
    [
        ([at(2024, 3, 1, 10)], at(2024, 3, 1, 10)),
        # The last to begin, in whatever order they are written.
        ([at(2024, 5, 4, 18), at(2024, 3, 1, 10)], at(2024, 5, 4, 18)),
        # The clock goes forward at 3 on 31 March, and back at 4 on 27 October.
        ([at(2024, 3, 31, 4)], at(2024, 3, 31, 4)),
        ([at(2024, 10, 27, 3).replace(fold=1)], at(2024, 10, 27, 3).replace(fold=1)),
    ],
)
def test_completions_open_when_the_last_session_begins(begins: list[datetime], opens_at: datetime) -> None:
    check_over(sessions(*begins), opens_at)
    with pytest.raises(TrainingNotOver) as refused:
        check_over(sessions(*begins), (opens_at.astimezone(tz=None) - SECOND).astimezone(HELSINKI))
    assert refused.value.facts == {"opens_at": opens_at}


@pytest.mark.parametrize(
    ("first", "years", "now", "expected"),
    [
        # Until today.
        (at(2024, 3, 1, 10), 2, at(2024, 3, 15, 0), (date(2024, 3, 1), date(2024, 3, 15))),
        (at(2024, 3, 1, 10), 2, at(2024, 3, 14, 23, 59, 59), (date(2024, 3, 1), date(2024, 3, 14))),
        # Until the same day two years later, and no further.
        (at(2024, 3, 1, 10), 2, at(2026, 3, 1, 0), (date(2024, 3, 1), date(2026, 3, 1))),
        (at(2024, 3, 1, 10), 2, at(2026, 3, 2, 0), (date(2024, 3, 1), date(2026, 3, 1))),
        (at(2024, 3, 1, 10), 3, at(2028, 1, 1), (date(2024, 3, 1), date(2027, 3, 1))),
        # 29 February has no same day two years later, and has one four years later.
        (at(2024, 2, 29, 10), 2, at(2027, 1, 1), (date(2024, 2, 29), date(2026, 2, 28))),
        (at(2024, 2, 29, 10), 4, at(2029, 1, 1), (date(2024, 2, 29), date(2028, 2, 29))),
        # The first day is that of Finland: 22:30 in UTC is the next day.
        (at(2024, 6, 2, 0, 30), 2, at(2024, 6, 2, 9), (date(2024, 6, 2), date(2024, 6, 2))),
    ],
)
def test_the_days_of_a_completion(first: datetime, years: int, now: datetime, expected: tuple[date, date]) -> None:
    assert days_of(sessions(first + timedelta(days=1), first), years, now) == CompletionDays(*expected)
