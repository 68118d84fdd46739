"""Participants of trainings, also by their addresses."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, DateTime, Text, Uuid, bindparam, cast, func, insert, select

from app.db.identifiers import new_id, new_ids
from app.db.paging import given
from app.db.people.people import study_centres
from app.db.resources import Resource
from app.db.sessions import Writer
from app.db.statements import Command, Connection, Query, change_row, columns_of, insert_row
from app.db.trainings.tables import training_participants
from app.domain.trainings.participant_imports import Cells
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
_GIVEN = ("id", "name", "email", "email_key", "gender", "under_age")


def _cells(name: str) -> ColumnElement[Any]:
    """The cells of a column, which is given as JSON. PostgreSQL goes through all columns together, row by row."""
    given_as_json = cast(bindparam(f"p_{name}", type_=Text), JSON)
    return cast(func.json_array_elements_text(given_as_json), training_participants.c[name].type)


_insertion = Command(
    insert(training_participants).from_select(
        [*_GIVEN, "training_id", "created_by", "created_at"],
        select(
            *map(_cells, _GIVEN),
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


async def insert_participants(writer: Writer, training_id: UUID, cells: Cells, keys: Sequence[str | None]) -> None:
    """Insert all in one statement, with each column as JSON: COPY does not work behind row-level security."""
    await _insertion.run(
        writer.connection,
        p_id=json.dumps(new_ids(len(keys))),
        p_name=json.dumps(cells.name, ensure_ascii=False),
        p_email=json.dumps(cells.email, ensure_ascii=False),
        p_email_key=json.dumps(keys, ensure_ascii=False),
        p_gender=json.dumps(cells.gender),
        p_under_age=json.dumps(cells.under_age),
        p_training_id=training_id,
        p_by=writer.actor.person_id,
        p_at=writer.now,
    )


async def change_participant(connection: Connection, participant_id: UUID, **columns: object) -> None:
    await change_row(connection, training_participants, participant_id, **columns)


async def find_kept_months(connection: Connection) -> int:
    """How many months after the year's end the study centre keeps the names of participants."""
    return await _kept_months.first(connection) or 0
