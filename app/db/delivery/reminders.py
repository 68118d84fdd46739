"""Events that no request makes: the calendar's and the hours' reminders, told through the outbox as all others."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from app.db.people.people import outbox
from app.db.statements import Command, Connection, Query, bound
from app.domain.delivery.reminders import Reminder

_COLUMNS = ("id", "event", "subject_id", "organisation_id", "facts", "made_at")
_enqueue = Command(insert(outbox).values({name: bindparam(f"p_{name}") for name in _COLUMNS}).on_conflict_do_nothing())
_told: Query[UUID] = Query(
    select(outbox.c.id).where(outbox.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))), lambda event_id: event_id
)


async def enqueue_reminders(connection: Connection, reminders: Sequence[Reminder], now: datetime) -> None:
    """Those that were not told before; with nothing to tell it asks nothing."""
    if not reminders:
        return
    known = {event_id for reminder in reminders for event_id in reminder.told_by}
    told = set(await _told.all(connection, p_ids=list(known)))
    rows = [
        {
            "id": reminder.id,
            "event": reminder.event,
            "subject_id": reminder.subject_id,
            "organisation_id": reminder.organisation_id,
            "facts": reminder.facts,
            "made_at": now,
        }
        for reminder in reminders
        if told.isdisjoint(reminder.told_by)
    ]
    if rows:
        async with connection.cursor() as cursor:
            await cursor.executemany(_enqueue.sql, [_enqueue.set | bound(outbox, row) for row in rows])
