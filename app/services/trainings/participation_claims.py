"""Claims to have taken part: make, decide, revoke, get and list. What named staff read is recorded."""

from collections.abc import Sequence
from uuid import UUID

from app.db.paging import PageRequest, Slice
from app.db.people.role_grants import lock_person
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.trainings import participation_claims as questions
from app.db.trainings import trainings
from app.domain.access import check_person, check_still_registered, check_strong
from app.domain.errors import AlreadyExists, NotFound
from app.domain.trainings import participation_claims as rules
from app.domain.trainings.participation_claims import ClaimOutcome, ClaimState, ParticipationClaim
from app.services.trainings.koski_consents import end_of_participant
from app.services.trainings.participants import is_named


async def claim_participation(writer: Writer, training_id: UUID) -> ParticipationClaim:
    """Granted immediately if a participant nobody has claimed has the person's verified address and name."""
    check_person(writer.actor)
    # Before the course and its claims, as a merger and an erasure do.
    check_still_registered(await lock_person(writer.connection, writer.actor.person_id))
    # Locked: of two who claim at the same time the second finds what the first has left.
    training = await trainings.resource.find(writer, training_id, locked=True)
    claimant = await questions.find_claimant(writer.connection, writer.actor.person_id)
    if training is None or training.hour_type != "training" or claimant is None:
        raise NotFound(pointer="/training_id")
    check_strong(writer.actor)
    rules.check_claimable(writer.actor, training, await trainings.get_place_of(writer.connection, training))
    rules.check_first(await questions.find_existing(writer.connection, training_id, writer.actor.own_ids))
    key = claimant.verified_email_key
    free = await questions.find_free_participant(writer.connection, training_id, key) if key else None
    claim_id = await questions.insert_claim(writer, training_id, rules.match_of(claimant, free))
    claim = await questions.claims.get(writer, claim_id)
    _record(writer, "made" if claim.state == "open" else "granted", claim, automatically=claim.state == "granted")
    return claim


async def decide_claim(
    writer: Writer, claim_id: UUID, *, outcome: ClaimOutcome, participant_id: UUID | None, reason: str | None
) -> ParticipationClaim:
    claim = await _lock(writer, claim_id)
    rules.check_decider(writer.actor, claim, is_named=await is_named(writer))
    rules.check_decision(outcome, participant_id, reason)
    rules.check_state(claim, "open")
    if participant_id is not None:
        if not await questions.is_participant_of(writer.connection, participant_id, claim.training_id):
            raise NotFound(pointer="/participant_id")
        if (holder := await questions.find_granted(writer.connection, participant_id)) is not None:
            raise AlreadyExists(pointer="/participant_id", existing_id=holder)
    await questions.change_claim(
        writer.connection,
        claim_id,
        state=outcome,
        participant_id=participant_id,
        reason=reason,
        decided_by=writer.actor.person_id,
        decided_at=writer.now,
    )
    decided = await questions.claims.get(writer, claim_id)
    _record(writer, outcome, decided)
    return decided


async def revoke_claim(writer: Writer, claim_id: UUID, *, reason: str) -> ParticipationClaim:
    claim = await _lock(writer, claim_id)
    rules.check_decider(writer.actor, claim, is_named=await is_named(writer))
    rules.check_state(claim, "granted")
    return await end_claim(writer, claim, reason=reason)


async def end_surplus(writer: Writer, person_id: UUID, other_id: UUID, *, reason: str) -> None:
    """End the claims of two people who are merged that one person cannot have."""
    people = [person_id, other_id]
    claims = await questions.lock_alive_of(writer, people)
    own = rules.own_decisions_of(claims, people)
    for claim in own:
        await end_claim(writer, claim, reason=reason)
    for claim in rules.surplus_of([each for each in claims if each not in own], person_id):
        # Another claim of the person remains.
        await end_claim(writer, claim, reason=reason, automatically=True)


async def end_all_of(writer: Writer, person_ids: Sequence[UUID], *, reason: str) -> None:
    """End the claims of people who are erased. The completions stay as the study register."""
    for claim in await questions.lock_alive_of(writer, person_ids):
        await end_claim(writer, claim, reason=reason)


async def end_claim(
    writer: Writer, claim: ParticipationClaim, *, reason: str, automatically: bool = False
) -> ParticipationClaim:
    """Revoke a locked claim that is open or granted; whether the caller may is checked before.

    Consents that were not exported end with it, in the same transaction.
    """
    await questions.change_claim(
        writer.connection,
        claim.id,
        state="revoked",
        reason=reason,
        ended_by=writer.actor.person_id,
        ended_at=writer.now,
    )
    _record(writer, "revoked", claim, automatically=automatically)
    if claim.participant_id is not None:
        await end_of_participant(writer, claim.participant_id)
    return await questions.claims.get(writer, claim.id)


async def get_claim(writer: Writer, claim_id: UUID) -> ParticipationClaim:
    """Raise NotFound for another person's claim, except for named staff."""
    claim = await questions.claims.get(writer, claim_id)
    if not writer.actor.is_among({claim.person_id}):
        if not await is_named(writer):
            raise NotFound
        await _record_reading(writer)
    return claim


async def list_claims(
    writer: Writer,
    page: PageRequest,
    *,
    training_id: Sequence[UUID] | None,
    state: Sequence[ClaimState] | None,
    **filters: object,
) -> Slice[ParticipationClaim]:
    """The own ones; named staff see all."""
    named = await is_named(writer)
    own = None if named else writer.actor.own_ids
    found = await questions.claims.page(writer, page, training_id=training_id, state=state, own=own, **filters)
    if named:
        await _record_reading(writer)
    return found


async def _lock(writer: Writer, claim_id: UUID) -> ParticipationClaim:
    """Lock a claim, after its training. Raise NotFound for another person's claim, except for staff."""
    check_person(writer.actor)
    found = await questions.claims.get(writer, claim_id)
    if not (writer.actor.has("staff") or writer.actor.is_among({found.person_id})):
        raise NotFound
    await trainings.resource.find(writer, found.training_id, locked=True)
    return await questions.claims.get(writer, claim_id, locked=True)


def _record(writer: Writer, verb: str, claim: ParticipationClaim, *, automatically: bool = False) -> None:
    """Record it by IDs only. The reason may name the learner: the claim alone has it."""
    writer.record(
        f"participation-claim.{verb}",
        claim.id,
        organisation_id=claim.organisation_id,
        training_id=str(claim.training_id),
        person_id=str(claim.person_id),
        automatically=automatically,
    )


async def _record_reading(writer: Writer) -> None:
    centre = await get_study_centre(writer.connection)
    writer.record("participation-claims.read", centre.id)
