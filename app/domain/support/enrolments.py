"""Enrolment (ilmoittautuminen) in the public calendar: places, the waiting list and who moves up (rulebook §6.2).

The place is taken at confirmation, in the order of arrival. What people enrol in is a training course.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import day_of, start_of
from app.domain.errors import EnrolmentClosed, QuotaExceeded, TrainingFull, WrongState
from app.domain.organisations.names import Names
from app.domain.organisations.organisations import Language
from app.domain.values import Shown

EnrolmentState = Literal["unconfirmed", "enrolled", "waiting", "cancelled"]
SubjectType = Literal["training"]
"""What people enrol in."""

VALID_FOR = timedelta(hours=48)
"""How long a request waits for its confirmation."""
REQUESTS_FOR_A_PLACE, FEWEST_REQUESTS = 3, 100
MAIL_EVERY = timedelta(hours=1)
"""A mailbox gets one mail in this time about one course."""
KEPT_FOR = timedelta(days=90)
"""How long after the end the names and addresses are kept, from which the participants are copied."""


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


@dataclass(frozen=True)
class Subject:
    """What people enrol in, with its enrolment."""

    id: UUID
    name: str
    organiser: Names
    enrolment: Enrolment | None
    starts_at: datetime
    ends_at: datetime
    is_public: bool
    """Whether everyone sees it now."""


@dataclass(frozen=True)
class EnrolmentRow:
    """An enrolment as it is kept. One that was cancelled has neither a name nor an address."""

    id: UUID
    subject_id: UUID
    state: EnrolmentState
    number: int | None
    """Its place in the order of arrival, once it has been confirmed."""
    email: str | None
    language: Language
    expires_at: datetime

    def state_at(self, now: datetime) -> EnrolmentState:
        """Its state: a request that is not confirmed in time has ended (rulebook §6.2)."""
        return "cancelled" if self.state == "unconfirmed" and self.expires_at <= now else self.state


@dataclass(frozen=True)
class EnrolmentRequest(Shown):
    """What everyone receives who enrols, whether or not the address is known."""

    expires_at: datetime
    """Time until which the link in the email confirms the enrolment."""


@dataclass(frozen=True)
class EnrolledPerson(Shown):
    """A person who has enrolled in a training course."""

    id: UUID
    name: str
    """Name of the person, as it was entered."""
    email: str
    """Email address of the person."""
    language: Language
    """Language of the emails to the person."""
    under_age: bool
    """Whether the person is too young to count for the support."""
    state: EnrolmentState
    """State of the enrolment: `enrolled` or `waiting`."""
    requested_at: datetime
    """When the person requested the enrolment."""
    confirmed_at: datetime
    """When the person confirmed the enrolment, which decides the order."""


def check_can_enrol(subject: Subject, now: datetime) -> Enrolment:
    """Return the enrolment that is open now (rulebook §6.2). Raise EnrolmentClosed."""
    offered = subject.enrolment
    if offered is None:
        raise EnrolmentClosed
    if not subject.is_public or not is_open(offered, subject.starts_at, now):
        raise EnrolmentClosed(opens_on=offered.opens_on, closes_on=closes_on_of(offered, subject.starts_at))
    return offered


def closes_on_of(enrolment: Enrolment, starts_at: datetime) -> date:
    """Return the last day of the enrolment, which may end earlier that day, with the start."""
    return enrolment.closes_on or day_of(starts_at)


def outcome_of(enrolment: Enrolment, enrolled: int) -> EnrolmentState:
    """Return the state of the next who confirms: a place while there are any, then the waiting list (rulebook §6.2).

    `enrolled` is how many places are taken. Raise TrainingFull without a waiting list.
    """
    if enrolled < enrolment.places:
        return "enrolled"
    if not enrolment.waiting_list:
        raise TrainingFull(places=enrolment.places)
    return "waiting"


def check_unconfirmed(state: EnrolmentState) -> None:
    """Raise WrongState for an enrolment that was cancelled."""
    if state == "cancelled":
        raise WrongState(state=state, allowed=["unconfirmed"])


def moving_up(subject: Subject, enrolled: int, now: datetime) -> int:
    """Return how many of the waiting have a place now: as many as are free, until the start or the last day."""
    offered = subject.enrolment
    if (
        offered is None
        or not subject.is_public
        or now >= max(subject.starts_at, closes_at_of(offered, subject.starts_at))
    ):
        return 0
    return max(offered.places - enrolled, 0)


def check_places_kept(places: int, enrolled: int) -> None:
    """Check that nobody who is enrolled loses the place (rulebook §6.2). Raise QuotaExceeded."""
    if places < enrolled:
        raise QuotaExceeded(pointer="/enrolment/places", places=places, enrolled=enrolled)


def requests_a_day(enrolment: Enrolment) -> int:
    """Return how many may request a place in a day: three times the places, and at least a hundred (rulebook §6.2)."""
    return max(REQUESTS_FOR_A_PLACE * enrolment.places, FEWEST_REQUESTS)
