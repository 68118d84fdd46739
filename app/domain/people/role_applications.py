"""Applications for the roles of managers (käyttöoikeushakemukset; rulebook §3.10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, Role, check_main_user_or_staff, check_not_oneself
from app.domain.errors import Fault, Forbidden, Invalid, WrongState
from app.domain.organisations.training_rules import TrainingRules, may_decide
from app.domain.values import Shown

AppliedRole = Literal["training_manager", "unit_manager"]
RoleApplicationState = Literal["applied", "granted", "rejected", "withdrawn"]
Outcome = Literal["granted", "rejected"]


@dataclass(frozen=True)
class RoleApplication(Shown):
    id: UUID
    person_id: UUID
    """ID of the applicant."""
    person_name: str
    """Name of the applicant."""
    role: AppliedRole
    """Role that was applied for."""
    organisation_id: UUID
    organisation_name: str
    reason: str | None
    """Reason given by the applicant. `null` if none was given."""
    state: RoleApplicationState
    """State of the application."""
    applied_at: datetime
    """When the application was made."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    decision_reason: str | None
    """Reason for the decision. `null` if none was given."""
    withdrawn_at: datetime | None
    role_grant_id: UUID | None
    """ID of the role that was granted. `null` if none was granted."""


def check_no_observer(actor: Actor) -> None:
    """Check that the person has a role other than observer, or none (rulebook §3.10). Raise Forbidden."""
    if actor.roles and all(grant.role == "observer" for grant in actor.roles):
        raise Forbidden(because="observers-apply-for-nothing")


def check_may_decide(actor: Actor, application: RoleApplication, place: Place, rules: TrainingRules) -> None:
    """Check for the main user or staff. If the central organisation's rules say so, a unit's manager decides
    applications for training manager. Nobody decides their own (rulebook §2.2, §3.10). Raise Forbidden."""
    if application.role == "unit_manager":
        check_main_user_or_staff(actor, place)
    elif not may_decide(actor, place, rules):
        managers: list[Role] = ["unit_manager"] if rules.unit_managers_decide else []
        raise Forbidden(roles=["main_user", "staff", *managers])
    check_not_oneself(actor, application.person_id)


def check_undecided(state: RoleApplicationState) -> None:
    """Raise WrongState."""
    if state != "applied":
        raise WrongState(state=state, allowed=["applied"])


def check_reason_given(outcome: Outcome, reason: str | None) -> None:
    """Check that a rejection has a reason (rulebook §3.10). Raise Invalid."""
    if outcome == "rejected" and reason is None:
        raise Invalid(Fault("/reason", "required"))
