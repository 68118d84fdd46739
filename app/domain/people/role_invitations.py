"""Invitations to a role (kutsut), for people whom the inviter does not see (rulebook §2.6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user_or_staff, check_not_oneself
from app.domain.errors import AlreadyExists, Forbidden, TooMany, WrongState
from app.domain.values import Shown

InvitedRole = Literal["training_manager", "unit_manager", "observer"]
RoleInvitationState = Literal["open", "suspended", "accepted", "withdrawn", "expired"]
VALID_FOR = timedelta(days=14)
MOST_OPEN = 20
"""Most open invitations of an organisation at a time."""


@dataclass(frozen=True)
class RoleInvitation(Shown):
    id: UUID
    organisation_id: UUID
    organisation_name: str
    role: InvitedRole
    """Role that is offered."""
    email: str | None
    """Email address that the invitation was sent to. `null` if the person who accepted it has been erased, or if the
    invitation was accepted, was withdrawn or expired more than 90 days ago."""
    reason: str | None
    """Reason for the role. `null` if none was given."""
    state: RoleInvitationState
    """State of the invitation. An open one is `suspended` while the person who sent it may not grant the role, and
    becomes `expired` when the time of `expires_at` comes."""
    invited_by: UUID
    """ID of the person who sent the invitation."""
    invited_by_name: str | None
    invited_at: datetime
    """When the invitation was sent."""
    expires_at: datetime
    """When the invitation expires, unless it has been accepted or withdrawn before."""
    accepted_by: UUID | None
    """ID of the person who accepted the invitation. `null` if nobody has."""
    accepted_by_name: str | None
    accepted_at: datetime | None
    """When the invitation was accepted. `null` if nobody has accepted it."""
    role_grant_id: UUID | None
    """ID of the role that was granted. `null` if none was granted."""
    withdrawn_by: UUID | None
    """ID of the person who withdrew the invitation. `null` if nobody has."""
    withdrawn_by_name: str | None
    withdrawn_at: datetime | None
    """When the invitation was withdrawn. `null` if it has not been."""


def check_may_invite(actor: Actor, place: Place) -> None:
    """Check for a person who may grant the role there, now (rulebook §2.6). Raise Forbidden."""
    check_main_user_or_staff(actor, place)


def check_few_open(count: int) -> None:
    """Check that the organisation has room for one more open invitation (rulebook §2.6). Raise TooMany."""
    if count >= MOST_OPEN:
        raise TooMany(most=MOST_OPEN)


def check_none_open(existing_id: UUID | None) -> None:
    """Check that the same address has no open invitation to the same role (rulebook §2.6). Raise AlreadyExists."""
    if existing_id:
        raise AlreadyExists(existing_id=existing_id)


def check_withdrawable(invitation: RoleInvitation) -> None:
    """Check that the invitation can be withdrawn, also while it is suspended (rulebook §2.6). Raise WrongState."""
    if invitation.state not in {"open", "suspended"}:
        raise WrongState(state=invitation.state, allowed=["open", "suspended"])


def check_open(invitation: RoleInvitation) -> None:
    """Check that the invitation can be accepted (rulebook §2.6). Raise WrongState."""
    if invitation.state == "suspended":
        raise _suspended()
    if invitation.state != "open":
        raise WrongState(state=invitation.state, allowed=["open"])


def check_may_accept(actor: Actor, inviter: Actor, place: Place) -> None:
    """Check that the inviter may still grant the role, and to this person (rulebook §2.6).

    Raise WrongState if the inviter no longer may, Forbidden if the inviter accepts.
    """
    check_not_oneself(actor, inviter.person_id)
    try:
        check_may_invite(inviter, place)
    except Forbidden as refusal:
        raise _suspended() from refusal


def _suspended() -> WrongState:
    return WrongState(state="suspended", allowed=["open"], because="inviter-without-role")
