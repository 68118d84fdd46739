"""Claims to have taken part (osallistumisen yhdistäminen): who is the learner of a participant (rulebook §3.18)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, check_not_oneself, is_within_reach
from app.domain.errors import AlreadyExists, Fault, Forbidden, Invalid, NotFound, WrongState
from app.domain.people.names import is_same_name
from app.domain.trainings.completions import was_approved
from app.domain.trainings.participants import reads_by_name
from app.domain.trainings.trainings import TrainingSummary
from app.domain.values import Shown

ClaimState = Literal["open", "granted", "rejected", "revoked"]
ClaimOutcome = Literal["granted", "rejected"]


@dataclass(frozen=True)
class ParticipationClaim(Shown):
    id: UUID
    training_id: UUID
    """ID of the training course."""
    training_name: str
    """Name of the training course."""
    organisation_id: UUID
    """ID of the organisation that runs it."""
    organisation_name: str
    person_id: UUID
    """ID of the person who claims to have taken part."""
    person_name: str
    """Name of that person."""
    participant_id: UUID | None
    """ID of the participant that the person is. `null` if the claim has not been granted."""
    state: ClaimState
    """State of the claim."""
    reason: str | None
    """Reason for the decision or the revocation. `null` if none was given."""
    claimed_at: datetime
    """When the claim was made."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    """When the claim was decided, or granted without a person. `null` if it is open."""
    ended_by: UUID | None
    """ID of the person who revoked it. `null` if it has not been revoked."""
    ended_by_name: str | None
    ended_at: datetime | None
    """When it was revoked. `null` if it has not been revoked."""


def own_decisions_of(claims: Sequence[ParticipationClaim], people: Collection[UUID]) -> list[ParticipationClaim]:
    """Return the claims that one of the people who are merged decided for the other: nobody decides about themselves
    (rulebook §3.18)."""
    return [claim for claim in claims if claim.decided_by in people]


def surplus_of(claims: Sequence[ParticipationClaim], person_id: UUID) -> list[ParticipationClaim]:
    """Return all claims but one of each course: a granted one stays before an open one, and else that of the person
    who remains (rulebook §3.18)."""
    ranked = sorted(claims, key=lambda claim: (claim.state != "granted", claim.person_id != person_id))
    kept = {claim.training_id: claim for claim in reversed(ranked)}
    return [claim for claim in claims if claim != kept[claim.training_id]]


@dataclass(frozen=True)
class Claimant:
    """Who claims."""

    name: str
    verified_email_key: str | None


@dataclass(frozen=True)
class FreeParticipant:
    """A participant whom nobody has claimed."""

    id: UUID
    name: str | None


def check_claimable(actor: Actor, training: TrainingSummary, place: Place) -> None:
    """Check that the course has been approved (rulebook §3.18).

    Raise WrongState; NotFound for who does not reach a course that has not.
    """
    if was_approved(training):
        return
    if not is_within_reach(actor, place):
        raise NotFound(pointer="/training_id")
    raise WrongState(pointer="/training_id", state=training.state, allowed=["approved", "lapsed"])


def check_first(existing_id: UUID | None) -> None:
    """Check that the person has no open or granted claim of the course. Raise AlreadyExists."""
    if existing_id is not None:
        raise AlreadyExists(existing_id=existing_id)


def match_of(claimant: Claimant, participant: FreeParticipant | None) -> UUID | None:
    """Return the participant, who has the person's verified address, if the name is the person's too."""
    if participant is None or participant.name is None or not is_same_name(claimant.name, participant.name):
        return None
    return participant.id


def check_reader(actor: Actor, *, is_named: bool) -> None:
    """Check for staff who are named to see participants (rulebook §6.2). Raise Forbidden."""
    if not reads_by_name(actor, is_named=is_named):
        raise Forbidden(because="register-readers-only")


def check_decider(actor: Actor, claim: ParticipationClaim, *, is_named: bool) -> None:
    """Check for named staff who decide about another person (rulebook §2.2). Raise Forbidden."""
    check_reader(actor, is_named=is_named)
    check_not_oneself(actor, claim.person_id)


def check_decision(outcome: ClaimOutcome, participant_id: UUID | None, reason: str | None) -> None:
    """Check that a grant names a participant, and a rejection its reason and nobody. Raise Invalid."""
    faults = []
    if outcome == "granted" and participant_id is None:
        faults.append(Fault("/participant_id", "required"))
    if outcome == "rejected" and participant_id is not None:
        faults.append(Fault("/participant_id", "none-required"))
    if outcome == "rejected" and reason is None:
        faults.append(Fault("/reason", "required"))
    if faults:
        raise Invalid(*faults)


def check_state(claim: ParticipationClaim, allowed: ClaimState) -> None:
    """Raise WrongState."""
    if claim.state != allowed:
        raise WrongState(state=claim.state, allowed=[allowed])
