"""Invitations to a role (kutsut), for people whom the inviter does not see (rulebook §2.6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user_or_staff, check_not_oneself
from app.domain.errors import Forbidden, TooMany, WrongState
from app.domain.people.role_applications import AppliedRole
from app.domain.values import Shown

RoleInvitationState = Literal["open", "accepted", "withdrawn", "expired"]
VALID_FOR = timedelta(days=14)
MOST_OPEN = 20
"""Most open invitations of an organisation at a time."""


@dataclass(frozen=True)
class RoleInvitation(Shown):
    id: UUID
    organisation_id: UUID
    organisation_name: str
    role: AppliedRole
    """Role that is offered."""
    email: str | None
    """Email address that the invitation was sent to. `null` if the person who accepted it has been erased."""
    reason: str | None
    """Reason for the role. `null` if none was given."""
    state: RoleInvitationState
    """State of the invitation. An open one becomes `expired` when the time of `expires_at` comes."""
    invited_by: UUID
    """ID of the person who sent the invitation."""
    invited_at: datetime
    """When the invitation was sent."""
    expires_at: datetime
    """When the invitation expires, unless it has been accepted or withdrawn before."""
    accepted_by: UUID | None
    """ID of the person who accepted the invitation. `null` if nobody has."""
    accepted_at: datetime | None
    """When the invitation was accepted. `null` if nobody has accepted it."""
    role_grant_id: UUID | None
    """ID of the role that was granted. `null` if none was granted."""
    withdrawn_by: UUID | None
    """ID of the person who withdrew the invitation. `null` if nobody has."""
    withdrawn_at: datetime | None
    """When the invitation was withdrawn. `null` if it has not been."""


def check_may_invite(actor: Actor, place: Place) -> None:
    """Check for a person who may grant the role there, now (rulebook §2.6). Raise Forbidden."""
    check_main_user_or_staff(actor, place)


def check_few_open(count: int) -> None:
    """Check that the organisation has room for one more open invitation (rulebook §2.6). Raise TooMany."""
    if count >= MOST_OPEN:
        raise TooMany(most=MOST_OPEN)


def check_open(invitation: RoleInvitation) -> None:
    """Check that the invitation can still be accepted or withdrawn (rulebook §2.6). Raise WrongState."""
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
        raise WrongState(state="open", allowed=[], because="inviter-without-role") from refusal
