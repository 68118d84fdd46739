"""How often a person may do in a day what sends emails to others (rulebook §2.5, §2.6, §3.10)."""

from datetime import datetime, timedelta
from math import ceil

from app.domain.calendar.deadlines import day_of, start_of
from app.domain.errors import RateLimited

APPLICATIONS = 20
"""Applications for roles and for main users together."""
INVITATIONS = 60
"""Invitations to roles, also those that were withdrawn: each sends an email to an address of the inviter's choice."""
ADDRESS_CHANGES = 20
"""Changes of the own email address, each of which sends a link to the new one."""
LINKS_REQUESTED = 3
"""Links that a person requests in place of the one that was sent first."""
INVITATIONS_TO_ADDRESS = 5
"""Invitations of a person to one address."""
TOKENS_TO_ADDRESS = 5
"""Links of all people to one address that verify it, and as many invitations. The senders do not hear of it."""


def day_around(now: datetime) -> tuple[datetime, datetime]:
    """Return the first time of the day in Finland, and the first time of the next."""
    today = day_of(now)
    return start_of(today), start_of(today + timedelta(days=1))


def check_within_limit(done: int, most: int, now: datetime) -> None:
    """Check the number of times of this day, the present one included. Raise RateLimited."""
    if done > most:
        _, tomorrow = day_around(now)
        # Of real seconds: the difference of two Finnish times does not know that a day may have 23 or 25 hours.
        seconds = ceil(tomorrow.timestamp() - now.timestamp())
        raise RateLimited(most=most, retry_after=seconds, retry_at=tomorrow)
