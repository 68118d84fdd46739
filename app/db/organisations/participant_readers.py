"""The named staff who may see participants."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Text, Uuid, any_, bindparam, func, select

from app.db.paging import clock_of, seen_by
from app.db.people.people import in_force, persons, role_grants
from app.db.sessions import Reader
from app.db.statements import NOW, Connection, Query, columns_of, put_row, row_of, study_centre_table
from app.domain.organisations.participant_readers import ParticipantReaders

participant_readers = study_centre_table(
    "participant_readers",
    Column("person_ids", ARRAY(Uuid), nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    single=True,
)

_put = Query(select(*columns_of(ParticipantReaders, participant_readers)), ParticipantReaders)
_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_reading: Query[bool] = Query(
    select(func.count()).select_from(participant_readers).where(participant_readers.c.person_ids.op("&&")(_ids)), bool
)
_staff: Query[UUID] = Query(
    select(persons.c.id).where(
        persons.c.id == any_(_ids),
        select(role_grants.c.id)
        .where(role_grants.c.person_id == persons.c.id, role_grants.c.role == "staff", in_force(NOW))
        .exists(),
    )
)


async def find_readers(session: Reader) -> ParticipantReaders | None:
    """None if nobody has put any."""
    return await _put.first(session.connection, **seen_by(session))


async def is_participant_reader(connection: Connection, person_ids: Collection[UUID]) -> bool:
    """Whether the person, by any of their IDs, is named. Who has left the staff since sees nothing all the same."""
    return bool(await _reading.first(connection, p_ids=list(person_ids)))


async def find_staff(session: Reader, person_ids: Collection[UUID]) -> list[UUID]:
    """Those of the persons who belong to the staff now."""
    return await _staff.all(session.connection, p_ids=list(person_ids), **clock_of(session))


async def put_readers(connection: Connection, readers: ParticipantReaders) -> None:
    await put_row(connection, participant_readers, **row_of(participant_readers, readers))
