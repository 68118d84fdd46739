"""Participants of trainings, also by their addresses."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import JSON, Boolean, DateTime, Text, Uuid, bindparam, cast, column, func, insert, select

from app.db.identifiers import new_id, new_ids
from app.db.paging import given
from app.db.people.people import study_centres
from app.db.resources import Resource
from app.db.sessions import Writer
from app.db.statements import Command, Connection, Query, change_row, columns_of, insert_row
from app.db.trainings.tables import training_participants
from app.domain.trainings.participants import Participant, ParticipantData

participants = Resource(
    select(*columns_of(Participant, training_participants)),
    Participant,
    training_participants,
    filters={"training_id": given(training_participants.c.training_id, "training_id")},
)
"""Participants. Callers see them if they may read the participants of the training: the use case looks for it first."""
_holder: Query[UUID] = Query(
    select(training_participants.c.id).where(
        given(training_participants.c.training_id, "training_id"),
        given(training_participants.c.email_key, "email_key"),
    )
)
_keys: Query[str] = Query(
    select(training_participants.c.email_key).where(
        given(training_participants.c.training_id, "training_id"), training_participants.c.email_key.is_not(None)
    )
)
_kept_months: Query[int] = Query(select(study_centres.c.participants_kept_months))
_rows = (
    func.json_to_recordset(cast(bindparam("p_rows", type_=Text), JSON))
    .table_valued(
        column("id", Uuid),
        column("name", Text),
        column("email", Text),
        column("email_key", Text),
        column("gender", Text),
        column("under_age", Boolean),
    )
    .render_derived(name="given", with_types=True)
)
_insertion = Command(
    insert(training_participants).from_select(
        [*_rows.c.keys(), "training_id", "created_by", "created_at"],
        select(
            *_rows.c,
            bindparam("p_training_id", type_=Uuid),
            bindparam("p_by", type_=Uuid),
            bindparam("p_at", type_=DateTime(timezone=True)),
        ),
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


async def find_keys(connection: Connection, training_id: UUID) -> frozenset[str]:
    """The keys of the addresses that the training's participants have."""
    return frozenset(await _keys.all(connection, p_training_id=training_id))


async def insert_participants(
    writer: Writer, training_id: UUID, rows: Sequence[ParticipantData], keys: Sequence[str | None]
) -> None:
    """Insert all in one statement, with the rows as JSON: COPY does not work behind row-level security."""
    numbered = zip(new_ids(len(rows)), rows, keys, strict=True)
    await _insertion.run(
        writer.connection,
        p_rows=json.dumps([{**row, "id": row_id, "email_key": key} for row_id, row, key in numbered]),
        p_training_id=training_id,
        p_by=writer.actor.person_id,
        p_at=writer.now,
    )


async def change_participant(connection: Connection, participant_id: UUID, **columns: object) -> None:
    await change_row(connection, training_participants, participant_id, **columns)


async def find_kept_months(connection: Connection) -> int:
    """How many months after the year's end the study centre keeps the names of participants."""
    return await _kept_months.first(connection) or 0
