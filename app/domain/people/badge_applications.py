"""Applications for badges: criteria, decision, acceptance and revocation (rulebook §3.11)."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, Role, check_not_own, check_staff
from app.domain.calendar.deadlines import day_of
from app.domain.errors import CriteriaUnmet, Fault, Forbidden, Invalid, WrongState
from app.domain.people.badge_definitions import BadgeCriterion, BadgeTexts, CriterionKind
from app.domain.values import Shown

BadgeApplicationState = Literal["applied", "granted", "rejected", "withdrawn", "accepted", "declined", "revoked"]
BadgeOutcome = Literal["granted", "rejected"]


@dataclass(frozen=True)
class BadgeCriterionMet(Shown):
    """A criterion, and whether it is met."""

    kind: CriterionKind
    """Kind of the criterion."""
    role: Role | None
    """Role to be held. `null` if the kind is another than `role_held`."""
    months: int | None
    """Number of months for which the role has been held. `null` if the kind is another than `role_held`."""
    met: bool
    """Whether the criterion is met."""
    since: date | None
    """Day from which it is met. `null` if it is not."""


@dataclass(frozen=True)
class BadgeApplication(Shown):
    id: UUID
    definition_id: UUID
    """ID of the badge that was applied for."""
    badge_name: BadgeTexts
    """Name of the badge."""
    person_id: UUID
    """ID of the applicant, who earns the badge."""
    person_name: str
    """Name of the applicant."""
    organisation_id: UUID
    organisation_name: str
    state: BadgeApplicationState
    """State of the application, and of the badge after its acceptance."""
    criteria: tuple[BadgeCriterionMet, ...]
    """Criteria as they are met now if the state is `applied`, otherwise as they were met at the decision or, if the
    application was withdrawn, when it was made."""
    applied_at: datetime
    """When the application was made."""
    withdrawn_at: datetime | None
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    decision_reason: str | None
    """Reason for the decision. `null` if none was given."""
    answered_at: datetime | None
    """When the earner accepted or declined the badge. `null` if not yet."""
    valid_until: datetime | None
    """Time until which the badge is valid. `null` if it has no end or is not accepted."""
    public: bool
    """Whether the earner shows the badge to everyone."""
    revoked_by: UUID | None
    """ID of the staff member who revoked the badge. `null` if it is not revoked."""
    revoked_by_name: str | None
    """Name of the staff member who revoked the badge. `null` if it is not revoked, or the person has been erased."""
    revoked_at: datetime | None
    """Time of the revocation. `null` if it is not revoked."""
    revocation_reason: str | None
    """Reason for the revocation. `null` if it is not revoked."""


@dataclass(frozen=True)
class Earner:
    """A person who applies, and the organisation for which the person has acted."""

    person_id: UUID
    organisation_id: UUID

    @classmethod
    def of(cls, application: BadgeApplication) -> "Earner":
        return cls(application.person_id, application.organisation_id)


@dataclass(frozen=True)
class HeldRole:
    role: Role
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True)
class EarnerFacts:
    """What the criteria are judged by: the person's own acts for the organisation."""

    roles: Sequence[HeldRole]
    onboarded_on: date | None
    """The last day of the onboarding's steps. None if a step is open."""
    confirmed_on: date | None
    """The first day on which the person confirmed the organisation's data of a year."""
    proposed_on: date | None
    """The first day on which a proposal of the person was submitted in a proposal round."""


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day if the month is shorter: 31.1. and a month are 28.2."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def valid_until_of(months_valid: int | None, now: datetime) -> datetime | None:
    """Return until when a badge that is accepted now is valid. None if it has no end (rulebook §3.11)."""
    if months_valid is None:
        return None
    last = months_after(now.date(), months_valid)
    return now.replace(year=last.year, month=last.month, day=last.day)


def held_since(roles: Sequence[HeldRole], role: Role, now: datetime) -> datetime | None:
    """The beginning of the time for which the role has been held without a gap. None if it is not held now."""
    since: datetime | None = None
    for held in sorted((one for one in roles if one.role == role), key=lambda one: one.valid_from, reverse=True):
        reaches = held.valid_until is None or held.valid_until >= (since or now)
        if held.valid_from <= (since or now) and reaches and not (since is None and held.valid_until == now):
            since = held.valid_from
    return since


def judged(criteria: Sequence[BadgeCriterion], facts: EarnerFacts, now: datetime) -> tuple[BadgeCriterionMet, ...]:
    """Whether each criterion is met now, and since when (rulebook §3.11)."""
    return tuple(_judged(criterion, facts, now) for criterion in criteria)


def judged_now(application: BadgeApplication, facts: EarnerFacts, now: datetime) -> BadgeApplication:
    """The application with its criteria as they are met now: a published badge has the same ones always."""
    criteria = [BadgeCriterion(one.kind, one.role, one.months) for one in application.criteria]
    return replace(application, criteria=judged(criteria, facts, now))


def _judged(criterion: BadgeCriterion, facts: EarnerFacts, now: datetime) -> BadgeCriterionMet:
    since = _met_since(criterion, facts, now)
    met = since is not None and since <= day_of(now)
    return BadgeCriterionMet(criterion.kind, criterion.role, criterion.months, met, since if met else None)


def _met_since(criterion: BadgeCriterion, facts: EarnerFacts, now: datetime) -> date | None:
    match criterion.kind:
        case "role_held":
            if criterion.role is None or criterion.months is None:
                return None
            since = held_since(facts.roles, criterion.role, now)
            return months_after(day_of(since), criterion.months) if since else None
        case "onboarding_done":
            return facts.onboarded_on
        case "year_confirmed":
            return facts.confirmed_on
        case "round_taken_part":
            return facts.proposed_on


def check_may_apply(actor: Actor, place: Place) -> None:
    """Check for a main user of the organisation itself (rulebook §3.11). Raise Forbidden."""
    if not any(one.role == "main_user" and one.organisation_id == place.organisation_id for one in actor.roles):
        raise Forbidden(roles=["main_user"])


def check_may_decide(actor: Actor, application: BadgeApplication, place: Place) -> None:
    """Check for staff who are neither the applicant nor a main user of the organisation (rulebook §2.2). Raise
    Forbidden."""
    check_staff(actor)
    check_not_own(actor, place, {application.person_id})


def check_is_earner(actor: Actor, application: BadgeApplication) -> None:
    """Raise Forbidden."""
    if not actor.is_among({application.person_id}):
        raise Forbidden(because="not-a-party")


def check_state(application: BadgeApplication, *allowed: BadgeApplicationState) -> None:
    """Raise WrongState."""
    if application.state not in allowed:
        raise WrongState(state=application.state, allowed=list(allowed))


def check_decision(outcome: BadgeOutcome, reason: str | None, criteria: Sequence[BadgeCriterionMet]) -> None:
    """Check that a rejection has a reason, and a grant too while a criterion is not met (rulebook §3.11). Raise
    Invalid or CriteriaUnmet."""
    if reason is not None:
        return
    if outcome == "rejected":
        raise Invalid(Fault("/reason", "required"))
    if unmet := [criterion.kind for criterion in criteria if not criterion.met]:
        raise CriteriaUnmet(unmet=unmet)
