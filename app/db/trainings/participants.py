"""Participants of trainings, also by their addresses."""

from uuid import UUID

from sqlalchemy import select

from app.db.identifiers import new_id
from app.db.paging import given
from app.db.resources import Resource
from app.db.sessions import Writer
from app.db.statements import Connection, Query, change_row, columns_of, insert_row
from app.db.trainings.tables import training_participants
from app.domain.trainings.participants import Participant, ParticipantData

participants = Resource(
    select(*columns_of(Participant, training_participants)),
    Participant,
    training_participants,
    filters={"training_id": given(training_participants.c.training_id, "training_id")},
)
"""Callers see those of the trainings whose participants they may read: the use case looks for the training first."""
_holder: Query[UUID] = Query(
    select(training_participants.c.id).where(
        given(training_participants.c.training_id, "training_id"),
        given(training_participants.c.email_key, "email_key"),
    )
)


async def find_holder(connection: Connection, training_id: UUID, email_key: str) -> UUID | None:
    """The participant of the training who has the address."""
    return await _holder.first(connection, p_training_id=training_id, p_email_key=email_key)


async def insert_participant(
    writer: Writer, training_id: UUID, data: ParticipantData, *, email_key: str | None
) -> UUID:
    participant_id = new_id()
    await insert_row(
        writer.connection,
        training_participants,
        id=participant_id,
        training_id=training_id,
        email_key=email_key,
        created_by=writer.actor.person_id,
        created_at=writer.now,
        **data,
    )
    return participant_id


async def change_participant(connection: Connection, participant_id: UUID, **columns: object) -> None:
    await change_row(connection, training_participants, participant_id, **columns)


async def find_kept_months(connection: Connection) -> int:
    """How many months after the year's end the study centre keeps the names of participants."""
    del connection
    return 24
