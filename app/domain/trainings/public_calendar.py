"""The public calendar (julkinen koulutuskalenteri): what everyone sees of training courses (rulebook §3.5).

Nothing in it is about a person: neither trainers nor responsible persons, and of participants only the free places.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.support.enrolments import EnrolmentState, PublicEnrolment
from app.domain.trainings.sessions import SessionPlace
from app.domain.trainings.trainings import Mode
from app.domain.values import Shown

CANCELLED_SHOWN = timedelta(days=30)
"""How long a cancelled course stays in the calendar file."""


@dataclass(frozen=True)
class PublicSession(Shown):
    starts_at: datetime
    """When the session begins."""
    ends_at: datetime
    """When the session ends."""
    places: list[SessionPlace]
    """Places of the session."""


@dataclass(frozen=True)
class PublicTraining(Shown):
    """A training course in the public calendar."""

    id: UUID
    name: str
    """Name of the training course."""
    organiser: str
    """Name of the organisation that runs the course."""
    sessions: list[PublicSession]
    """Sessions of the course."""
    mode: Mode | None
    """Form of teaching: `in_person`, `online` or `hybrid`. `null` if not known."""
    language: str | None
    """Language of teaching, as an ISO 639 code, for example `fi`. `null` if not known."""
    marketing_text: str | None
    """Description of the course. `null` if there is none."""
    enrolment: PublicEnrolment | None
    """Enrolment in the course. `null` if none is offered."""


@dataclass(frozen=True)
class OwnEnrolment(Shown):
    """An enrolment, as the holder of its link sees it."""

    state: EnrolmentState
    """State of the enrolment: `unconfirmed`, `enrolled`, `waiting` or `cancelled`."""
    position: int | None
    """Position in the waiting list, 1 for the first. `null` if the enrolment is not waiting."""
    training: PublicTraining
    """The training course."""


@dataclass(frozen=True)
class CalendarTraining(PublicTraining):
    """A training course in the calendar file, which also has those cancelled lately."""

    is_cancelled: bool
    changed_at: datetime
