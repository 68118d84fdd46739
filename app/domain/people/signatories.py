"""Authorised signatories (nimenkirjoittajat): who signs for a central organisation with an applicant
(rulebook §3.9.1)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, Role, check_main_user_or_staff, check_not_own, check_person, check_staff
from app.domain.calendar.deadlines import day_of, days_out_of_range
from app.domain.errors import Fault, Invalid, WrongState
from app.domain.values import Shown

SignatoryState = Literal["unconfirmed", "upcoming", "in_force", "ended"]
READERS: list[Role] = ["main_user", "unit_manager", "training_manager", "staff", "auditor"]
"""The roles that see signatories: all but observers (rulebook §3.9.1)."""


@dataclass(frozen=True)
class Signatory(Shown):
    id: UUID
    organisation_id: UUID
    name: str
    """Name of the authorised signatory."""
    person_id: UUID | None
    """ID of the signatory's person. `null` if only the name is known. Such a signatory signs the document itself."""
    basis: str
    """Basis for signing on behalf of the organisation: an office or a decision."""
    valid_from: date
    """First day."""
    valid_until: date | None
    """Last day. `null` if until further notice."""
    state: SignatoryState
    """State calculated from the current time. Only a signatory `in_force` can be named in an application."""
    entered_by: UUID
    """ID of the person who added the signatory."""
    entered_by_name: str | None
    entered_at: datetime
    """When the signatory was added."""
    confirmed_by: UUID | None
    """ID of the person who confirmed the signatory. `null` if nobody has."""
    confirmed_by_name: str | None
    confirmed_at: datetime | None
    """When the signatory was confirmed. `null` if not confirmed."""
    ended_at: datetime | None
    """When the signatory was ended before the last day. `null` if that has not happened."""


def state_of(
    valid_from: date,
    valid_until: date | None,
    confirmed_at: datetime | None,
    ended_at: datetime | None,
    now: datetime,
) -> SignatoryState:
    today = day_of(now)
    if ended_at is not None or (valid_until is not None and valid_until < today):
        return "ended"
    if confirmed_at is None:
        return "unconfirmed"
    return "upcoming" if today < valid_from else "in_force"


def check_entry(name: str | None, person_id: UUID | None, valid_from: date, valid_until: date | None) -> None:
    """Check for a name or a person, not both. Raise Invalid."""
    faults = days_out_of_range(valid_from=valid_from, valid_until=valid_until)
    if (name is None) == (person_id is None):
        faults.append(Fault("/name", "name-or-person"))
    if valid_until is not None and valid_until < valid_from:
        faults.append(Fault("/valid_until", "day-order"))
    if faults:
        raise Invalid(*faults)


def check_may_enter(actor: Actor, place: Place) -> None:
    """Check for the organisation's main user or staff (rulebook §3.9.1). Raise Forbidden."""
    check_person(actor)
    check_main_user_or_staff(actor, place)


def is_confirmed_at_entry(actor: Actor, place: Place, person_id: UUID | None, *, is_first: bool) -> bool:
    """Whether no confirmation is needed: staff add the organisation's first signatory (rulebook §3.9.1)."""
    is_own = actor.is_among({person_id}) or actor.has_for(place, "main_user")
    return actor.has("staff") and is_first and not is_own


def check_may_confirm(actor: Actor, place: Place, signatory: Signatory) -> None:
    """Check for staff who did not add the signatory, are not named and are no main user of the organisation.

    Raise Forbidden.
    """
    check_person(actor)
    check_staff(actor)
    check_not_own(actor, place, {signatory.entered_by, signatory.person_id})


def check_unconfirmed(signatory: Signatory) -> None:
    if signatory.state != "unconfirmed":
        raise WrongState(state=signatory.state, allowed=["unconfirmed"])


def check_not_ended(signatory: Signatory) -> None:
    if signatory.state == "ended":
        raise WrongState(state=signatory.state, allowed=["unconfirmed", "upcoming", "in_force"])
