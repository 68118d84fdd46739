"""Claims of people to be participants of training courses."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Text, Uuid, any_, bindparam, or_, select

from app.db.identifiers import new_id
from app.db.organisations.organisations import organisations
from app.db.paging import filters_of, given, seen_by
from app.db.people.people import persons
from app.db.resources import Resource
from app.db.sessions import Reader, Writer
from app.db.statements import Connection, Query, change_row, changed_at, columns_of, insert_row, study_centre_table
from app.db.trainings.tables import training_participants, trainings
from app.domain.trainings.participation_claims import Claimant, FreeParticipant, ParticipationClaim

participation_claims = study_centre_table(
    "participation_claims",
    Column("training_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("participant_id", Uuid),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),
    Column("ended_at", DateTime(timezone=True)),
    changed_at(),
)

_claimed = (
    select(
        *columns_of(
            ParticipationClaim,
            participation_claims,
            training_name=trainings.c.name,
            organisation_id=trainings.c.organisation_id,
            organisation_name=organisations.c.name,
            person_name=persons.c.name,
        )
    )
    .join(trainings, trainings.c.id == participation_claims.c.training_id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(persons, persons.c.id == participation_claims.c.person_id)
)
_ids = bindparam("p_ids", type_=ARRAY(Uuid))
claims = Resource(
    _claimed,
    ParticipationClaim,
    participation_claims,
    filters=filters_of(participation_claims, "training_id", "person_id", "state", "changed_since")
    | {"own": participation_claims.c.person_id == any_(bindparam("p_own", type_=ARRAY(Uuid)))},
)
"""Claims. Callers see their own, and named staff all: the use case asks first."""
_is_alive = or_(participation_claims.c.state == "open", participation_claims.c.state == "granted")
_existing: Query[UUID] = Query(
    select(participation_claims.c.id).where(
        given(participation_claims.c.training_id, "training_id"),
        participation_claims.c.person_id == any_(_ids),
        _is_alive,
    )
)
_claimant = Query(select(*columns_of(Claimant, persons)).where(given(persons.c.id, "id")), Claimant)
_is_free = (
    ~select(participation_claims.c.id)
    .where(
        participation_claims.c.participant_id == training_participants.c.id, participation_claims.c.state == "granted"
    )
    .correlate(training_participants)
    .exists()
)
_free = Query(
    select(*columns_of(FreeParticipant, training_participants)).where(
        given(training_participants.c.training_id, "training_id"),
        given(training_participants.c.email_key, "email_key"),
        _is_free,
    ),
    FreeParticipant,
)
_granted: Query[UUID] = Query(
    select(participation_claims.c.id).where(
        given(participation_claims.c.participant_id, "participant_id"), participation_claims.c.state == "granted"
    )
)
_in_training: Query[UUID] = Query(
    select(training_participants.c.id).where(
        given(training_participants.c.id, "id"), given(training_participants.c.training_id, "training_id")
    )
)
_of_learner: Query[UUID] = Query(
    select(participation_claims.c.participant_id).where(
        given(participation_claims.c.training_id, "training_id"),
        participation_claims.c.person_id == any_(_ids),
        participation_claims.c.state == "granted",
    )
)
_of_participant: Query[UUID] = Query(
    select(participation_claims.c.id).where(given(participation_claims.c.participant_id, "participant_id")).limit(1)
)
_alive_of = Query(
    _claimed.where(participation_claims.c.person_id == any_(_ids), _is_alive)
    .order_by(participation_claims.c.training_id, participation_claims.c.id)
    .with_for_update(key_share=True, of=participation_claims),
    ParticipationClaim,
)


async def find_existing(connection: Connection, training_id: UUID, person_ids: Sequence[UUID]) -> UUID | None:
    """The open or granted claim of the person."""
    return await _existing.first(connection, p_training_id=training_id, p_ids=list(person_ids))


async def find_claimant(connection: Connection, person_id: UUID) -> Claimant | None:
    return await _claimant.first(connection, p_id=person_id)


async def find_free_participant(connection: Connection, training_id: UUID, email_key: str) -> FreeParticipant | None:
    """The participant with that address, unless a person has claimed it. An address is in a training once."""
    return await _free.first(connection, p_training_id=training_id, p_email_key=email_key)


async def find_granted(connection: Connection, participant_id: UUID) -> UUID | None:
    return await _granted.first(connection, p_participant_id=participant_id)


async def is_participant_of(connection: Connection, participant_id: UUID, training_id: UUID) -> bool:
    return await _in_training.first(connection, p_id=participant_id, p_training_id=training_id) is not None


async def is_claimed_by(
    connection: Connection, training_id: UUID, person_ids: Sequence[UUID], participant_ids: Collection[UUID] | None
) -> bool:
    """Whether the person is the learner of one of the participants, or of any in the training."""
    found = await _of_learner.all(connection, p_training_id=training_id, p_ids=list(person_ids))
    return bool(found) if participant_ids is None else not set(found).isdisjoint(participant_ids)


async def has_claim(connection: Connection, participant_id: UUID) -> bool:
    """Whether anybody has claimed the participant, also if the claim was revoked."""
    return await _of_participant.first(connection, p_participant_id=participant_id) is not None


async def lock_alive_of(session: Reader, person_ids: Sequence[UUID]) -> list[ParticipationClaim]:
    """The open and granted claims of these people, by training and the earliest first."""
    return await _alive_of.all(session.connection, p_ids=list(person_ids), **seen_by(session))


async def insert_claim(writer: Writer, training_id: UUID, participant_id: UUID | None) -> UUID:
    """The caller's claim: granted if there is a participant."""
    claim_id = new_id()
    await insert_row(
        writer.connection,
        participation_claims,
        id=claim_id,
        training_id=training_id,
        person_id=writer.actor.person_id,
        participant_id=participant_id,
        state="granted" if participant_id else "open",
        claimed_at=writer.now,
        decided_at=writer.now if participant_id else None,
    )
    return claim_id


async def change_claim(connection: Connection, claim_id: UUID, **columns: object) -> None:
    await change_row(connection, participation_claims, claim_id, **columns)
