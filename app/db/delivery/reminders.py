"""Events that no request makes: the calendar's and the hours' reminders, told through the outbox as all others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from app.db.people.people import outbox
from app.db.statements import Command, Connection, bound


@dataclass(frozen=True)
class Reminder:
    """An event of `app/domain/delivery/texts`, told once for its subject, organisation, person and day."""

    event: str
    subject_id: UUID
    organisation_id: UUID | None
    day: date
    """That which it is about, not that on which it is made: made again on another day it is the same."""
    person_id: UUID | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        key = (self.event, self.subject_id, self.organisation_id, self.person_id, self.day.isoformat())
        return uuid5(NAMESPACE_URL, "/".join(map(str, key)))


_COLUMNS = ("id", "event", "subject_id", "organisation_id", "facts", "made_at")
_enqueue = Command(insert(outbox).values({name: bindparam(f"p_{name}") for name in _COLUMNS}).on_conflict_do_nothing())


async def enqueue_reminders(connection: Connection, reminders: Sequence[Reminder], now: datetime) -> None:
    """Those that were not told before; with nothing to tell it asks nothing."""
    if not reminders:
        return
    rows = [
        {
            "id": reminder.id,
            "event": reminder.event,
            "subject_id": reminder.subject_id,
            "organisation_id": reminder.organisation_id,
            "facts": reminder.facts | ({"person_id": str(reminder.person_id)} if reminder.person_id else {}),
            "made_at": now,
        }
        for reminder in reminders
    ]
    async with connection.cursor() as cursor:
        await cursor.executemany(_enqueue.sql, [_enqueue.set | bound(outbox, row) for row in rows])
