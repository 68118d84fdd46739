"""Which reminders have been sent."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.db.people.people import outbox
from app.db.statements import Connection, Query

_enqueued: Query[UUID] = Query(
    select(outbox.c.id).where(outbox.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))), lambda event_id: event_id
)


async def find_enqueued(connection: Connection, event_ids: Collection[UUID]) -> set[UUID]:
    """Those of the events that are in the outbox."""
    return set(await _enqueued.all(connection, p_ids=list(event_ids)))
