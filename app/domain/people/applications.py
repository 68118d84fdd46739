"""How many applications a person makes in a day, for roles and for main users together (rulebook §3.10)."""

from datetime import datetime, timedelta
from math import ceil

from app.domain.calendar.deadlines import day_of, start_of
from app.domain.errors import RateLimited

MOST_A_DAY = 20
"""Each application is mailed to other people, who must not get emails without end."""


def day_around(now: datetime) -> tuple[datetime, datetime]:
    """Return the first time of the day in Finland, and the first time of the next."""
    today = day_of(now)
    return start_of(today), start_of(today + timedelta(days=1))


def check_not_too_many(made: int, now: datetime) -> None:
    """Check the number of applications of this day, the one being made included. Raise RateLimited."""
    if made > MOST_A_DAY:
        _, tomorrow = day_around(now)
        # Of real seconds: the difference of two Finnish times does not know that a day may have 23 or 25 hours.
        seconds = ceil(tomorrow.timestamp() - now.timestamp())
        raise RateLimited(most=MOST_A_DAY, retry_after=seconds, retry_at=tomorrow)
