"""Allotment requests (osuuden muutospyyntö): in mid-year a unit asks its central organisation for more hours, or gives
some back (rulebook §3.3)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, check_main_user, check_not_oneself, check_role
from app.domain.errors import AllotmentInUse, Fault, Forbidden, Invalid, QuotaExceeded, WrongState
from app.domain.hours.accounts import Balance, Books
from app.domain.hours.distributions import Recipient, check_may_receive
from app.domain.hours.expiring import ExpiryCause
from app.domain.hours.ledger import Transfer, distribution, recall
from app.domain.hours.standing import Standing
from app.domain.organisations.membership import check_member_in
from app.domain.values import Shown

AllotmentRequestState = Literal["submitted", "approved", "partially_approved", "rejected", "withdrawn", "expired"]


@dataclass(frozen=True)
class AllotmentRequest(Shown):
    id: UUID
    reference: str | None
    unit_id: UUID
    """ID of the unit."""
    unit_name: str
    """Name of the unit."""
    central_organisation_id: UUID
    """ID of the central organisation that the request was made to."""
    year: int
    hours: int
    """Hours by which the allotment is to change: above 0 the unit requests more, below 0 it gives some back."""
    grounds: str
    """Grounds for the request."""
    state: AllotmentRequestState
    """State of the request."""
    granted_hours: int | None
    """Hours by which the allotment was changed, below 0 if the unit gave some back. `null` if no decision has been
    made."""
    reason: str | None
    """Reason for the decision. `null` if none was given."""
    submitted_by: UUID
    """ID of the person who submitted the request."""
    submitted_by_name: str | None
    submitted_at: datetime
    """When the request was submitted."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    withdrawn_at: datetime | None
    expired_at: datetime | None
    expired_because: ExpiryCause | None


def check_may_request(actor: Actor, standing: Standing) -> None:
    """Check for the unit's manager, and that the central organisation lets its units request. Raise Forbidden."""
    check_role(actor, standing.place, "unit_manager")
    if not standing.units_propose:
        raise Forbidden(because="units-propose-nothing")


def check_decider(actor: Actor, standing: Standing, submitted_by: UUID) -> None:
    """Check for the main user, and that nobody decides what they sent themselves (rulebook §2.2). Raise Forbidden."""
    check_main_user(actor, standing.place)
    check_not_oneself(actor, submitted_by)


def check_undecided(state: AllotmentRequestState) -> None:
    """Check that the request is still open. Raise WrongState."""
    if state != "submitted":
        raise WrongState(state=state, allowed=["submitted"])


def decided_state_of(asked: int, granted: int) -> AllotmentRequestState:
    """Return the state that follows from the granted hours, which are from 0 to the requested ones. Raise Invalid."""
    if not min(asked, 0) <= granted <= max(asked, 0):
        raise Invalid(Fault("/hours", "more-than-asked", {"asked": asked}))
    if granted == 0:
        return "rejected"
    return "approved" if granted == asked else "partially_approved"


def check_not_in_use(unit: Balance, hours: int) -> None:
    """Check that the allotment stays at or above its reserved and used hours. Raise AllotmentInUse."""
    in_use, asked = unit.reserved + unit.used, unit.allotted + hours
    if hours < 0 and asked < in_use:
        raise AllotmentInUse(unit_id=unit.organisation_id, in_use=in_use, asked=asked)


def check_change(standing: Standing, recipient: Recipient, hours: int, today: date) -> None:
    """Check that the central organisation is a member in the year and, for more hours, that the unit may be given
    some. The year is open: its closing ends every request. Raise NotAMember, RunsNoTrainings."""
    check_member_in(standing.year, standing.active_from, standing.active_until)
    if hours > 0:
        check_may_receive(standing.year, recipient, today)


def transfer_of(books: Books, unit_id: UUID, hours: int) -> Transfer:
    """Return the transfer that changes the unit's allotment by the hours. Raise QuotaExceeded, AllotmentInUse."""
    central_id = books.place.central_organisation_id
    check_not_in_use(books.balance_of(unit_id), hours)
    if hours < 0:
        return recall(central_id, unit_id, -hours)
    if hours > books.central.common:
        raise QuotaExceeded(available=books.central.common, asked=hours)
    return distribution(central_id, unit_id, hours)
