"""`/v1/participation-claims`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import PlainWrite, RecordedList, Write, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, ChangedSince, Several, Text
from app.db.paging import Slice
from app.domain.trainings.participation_claims import ClaimOutcome, ClaimState, ParticipationClaim
from app.services.trainings import participation_claims

router = APIRouter(prefix="/participation-claims", route_class=Operation, tags=["Completions"])


class ParticipationClaimIn(Body):
    training_id: UUID
    """ID of the training course, also one that is not within your reach."""


class ParticipationClaimDecisionIn(Body):
    outcome: ClaimOutcome
    """Decision on the claim."""
    participant_id: UUID | None = None
    """ID of the participant that the person is, required for a grant. Otherwise `null`."""
    reason: Text | None = None
    """Reason for the decision, required for a rejection. `null` if none is given."""


class ParticipationClaimRevocationIn(Body):
    reason: Text
    """Reason for the revocation."""


@router.post("", status_code=201, responses=refusing("not-found", "wrong-state", "already-exists"))
@operation(people_only=True, personal_data=True, strong_sign_in=True)
async def make_participation_claim(writer: WriteOnce, body: ParticipationClaimIn) -> ParticipationClaim:
    """Claim to have taken part in a training course.

    Granted immediately if a participant whom nobody has claimed has your verified email address and your name.
    Otherwise the claim is open until the study centre decides it, and the response does not show whether there is
    a similar participant.

    **Who:** everyone who has registered.
    """
    return await participation_claims.claim_participation(writer, body.training_id)


@router.get("", response_model=Page[ParticipationClaim])
@operation(people_only=True, personal_data=True)
async def list_participation_claims(
    writer: RecordedList,
    page: Paging,
    training_id: Several[UUID] = None,
    state: Several[ClaimState] = None,
    changed_since: ChangedSince = None,
) -> Slice[ParticipationClaim]:
    """List claims to have taken part.

    The newest come first. Each reading by staff is recorded in the audit.

    **Who:** everyone for their own, staff named to see participants for all.
    """
    return await participation_claims.list_claims(
        writer, page, training_id=training_id, state=state, changed_since=changed_since
    )


@router.get("/{participation_claim_id}")
@operation(people_only=True, personal_data=True)
async def get_participation_claim(writer: PlainWrite, participation_claim_id: UUID) -> ParticipationClaim:
    """Get a claim to have taken part.

    Each reading by staff is recorded in the audit.

    **Who:** everyone for their own, staff named to see participants for all.
    """
    return await participation_claims.get_claim(writer, participation_claim_id)


@router.post("/{participation_claim_id}/decision", responses=refusing("not-found", "wrong-state", "already-exists"))
@operation(people_only=True, personal_data=True)
async def decide_participation_claim(
    writer: WriteOnce, participation_claim_id: UUID, body: ParticipationClaimDecisionIn
) -> ParticipationClaim:
    """Decide a claim to have taken part.

    A grant names a participant of the course whom nobody has claimed. Nobody decides their own claim.

    **Who:** staff named to see participants.
    """
    return await participation_claims.decide_claim(
        writer,
        participation_claim_id,
        outcome=body.outcome,
        participant_id=body.participant_id,
        reason=body.reason,
    )


@router.post("/{participation_claim_id}/revocation", responses=refusing("wrong-state"))
@operation(people_only=True, personal_data=True)
async def revoke_participation_claim(
    writer: Write, participation_claim_id: UUID, body: ParticipationClaimRevocationIn
) -> ParticipationClaim:
    """Revoke a claim to have taken part.

    The person is no longer the learner, and sees nothing of the completion any more. Nobody revokes their own claim.

    **Who:** staff named to see participants.
    """
    return await participation_claims.revoke_claim(writer, participation_claim_id, reason=body.reason)
