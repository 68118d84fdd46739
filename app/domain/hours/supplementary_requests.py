"""Supplementary requests (lisähaku): a central organisation requests more hours for the year (rulebook §3.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.errors import Fault, Invalid, PoolExceeded, WrongState
from app.domain.hours.expiring import ExpiryCause
from app.domain.values import Shown

RequestState = Literal["submitted", "approved", "partially_approved", "rejected", "withdrawn", "expired"]


@dataclass(frozen=True)
class SupplementaryRequest(Shown):
    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """Hours requested."""
    grounds: str
    """Grounds for the request."""
    state: RequestState
    """State of the request."""
    submitted_by: UUID
    """ID of the person who submitted the request."""
    submitted_at: datetime
    """When the request was submitted."""
    granted_hours: int | None
    """Hours granted. `null` if no decision has been made."""
    reason: str | None
    """Reason for the decision. `null` if none was given."""
    decided_by: UUID | None
    decided_at: datetime | None
    withdrawn_at: datetime | None
    expired_at: datetime | None
    expired_because: ExpiryCause | None


def check_undecided(state: RequestState) -> None:
    """Check that no decision or withdrawal has been made. Raise WrongState."""
    if state != "submitted":
        raise WrongState(state=state, allowed=["submitted"])


def decided_state_of(asked: int, granted: int) -> RequestState:
    """Return the state that follows from the granted hours. Raise Invalid if they exceed the requested ones."""
    if granted > asked:
        raise Invalid(Fault("/hours", "more-than-asked", {"asked": asked}))
    if granted == 0:
        return "rejected"
    return "approved" if granted == asked else "partially_approved"


def check_grant(available: int, granted: int) -> None:
    """Check that the pool has enough free hours. Raise PoolExceeded."""
    if granted > available:
        raise PoolExceeded(available=available, asked=granted)
