"""Enrolment (ilmoittautuminen) in the public calendar: places, the waiting list and who moves up (rulebook §6.2).

The place is taken at confirmation, in the order of arrival. What people enrol in is a training course.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from app.domain.calendar.deadlines import start_of
from app.domain.values import Shown

EnrolmentState = Literal["unconfirmed", "enrolled", "waiting", "cancelled"]
SubjectType = Literal["training"]
"""What people enrol in."""


@dataclass(frozen=True)
class Enrolment(Shown):
    """How participants enrol in the public calendar."""

    opens_on: date | None
    """First day of enrolment. `null` if it opens with the approval of the plan."""
    closes_on: date | None
    """Last day of enrolment. `null` if it closes when the course begins."""
    places: int
    """Number of places."""
    waiting_list: bool
    """Whether there is a waiting list when the places are taken."""


@dataclass(frozen=True)
class PublicEnrolment(Shown):
    """Enrolment as everyone sees it."""

    open: bool
    """Whether enrolment is open now. It can be open also when all places are taken, if there is a waiting list."""
    closes_on: date | None
    """Last day of enrolment. `null` if it closes when the course begins."""
    places: int
    """Number of places."""
    places_left: int
    """Number of places that are not taken."""
    waiting_list: bool
    """Whether there is a waiting list when the places are taken."""


def closes_at_of(enrolment: Enrolment, starts_at: datetime) -> datetime:
    """Return when the enrolment closes: at the start unless a last day is said (rulebook §6.2)."""
    return start_of(enrolment.closes_on + timedelta(days=1)) if enrolment.closes_on else starts_at


def is_open(enrolment: Enrolment, starts_at: datetime, now: datetime) -> bool:
    """Whether people can enrol now, as far as the days decide (rulebook §6.2)."""
    has_opened = enrolment.opens_on is None or start_of(enrolment.opens_on) <= now
    return has_opened and now < closes_at_of(enrolment, starts_at)


def public_enrolment_of(enrolment: Enrolment, starts_at: datetime, enrolled: int, now: datetime) -> PublicEnrolment:
    """Return what everyone sees of the enrolment. `enrolled` is how many places are taken."""
    return PublicEnrolment(
        open=is_open(enrolment, starts_at, now),
        closes_on=enrolment.closes_on,
        places=enrolment.places,
        places_left=max(enrolment.places - enrolled, 0),
        waiting_list=enrolment.waiting_list,
    )
