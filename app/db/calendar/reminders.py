"""When each study centre reminds."""

from sqlalchemy import Column, SmallInteger, Table, bindparam, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.db.statements import Command, Connection, Query, bound, metadata, study_centre_key
from app.domain.calendar.reminders import DEFAULT_REMINDERS, ReminderSettings

reminder_settings = Table(
    "reminder_settings",
    metadata,
    study_centre_key(),
    Column("closing_soon_days", JSONB, nullable=False),
    Column("running_out_percents", JSONB, nullable=False),
    Column("unused_percent", SmallInteger, nullable=False),
)
_NAMES = ("closing_soon_days", "running_out_percents", "unused_percent")
_found = Query(select(*(reminder_settings.c[name] for name in _NAMES)), ReminderSettings)
_values = {name: bindparam(f"p_{name}", type_=reminder_settings.c[name].type) for name in _NAMES}
_kept = Command(
    insert(reminder_settings).values(_values).on_conflict_do_update(index_elements=["study_centre_id"], set_=_values)
)


async def find_settings(connection: Connection) -> ReminderSettings:
    """The defaults where the study centre has set none."""
    return await _found.first(connection) or DEFAULT_REMINDERS


async def keep_settings(connection: Connection, settings: ReminderSettings) -> None:
    await _kept.run(connection, **bound(reminder_settings, vars(settings)))
