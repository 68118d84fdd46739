"""Settings of the study centre's reminders."""

from sqlalchemy import Column, SmallInteger, Table, bindparam, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from app.db.statements import Command, Connection, Query, bound, columns_of, metadata, study_centre_key
from app.domain.calendar.reminders import DEFAULT_REMINDERS, ReminderSettings

reminder_settings = Table(
    "reminder_settings",
    metadata,
    study_centre_key(),
    Column("closing_soon_days", JSONB, nullable=False),
    Column("running_out_percents", JSONB, nullable=False),
    Column("unused_percent", SmallInteger, nullable=False),
)
_columns = columns_of(ReminderSettings, reminder_settings)
_found = Query(select(*_columns), ReminderSettings)
_values = {column.name: bindparam(f"p_{column.name}", type_=column.type) for column in _columns}
_kept = Command(
    insert(reminder_settings).values(_values).on_conflict_do_update(index_elements=["study_centre_id"], set_=_values)
)


async def find_settings(connection: Connection) -> ReminderSettings:
    """The study centre's settings, or the defaults."""
    return await _found.first(connection) or DEFAULT_REMINDERS


async def keep_settings(connection: Connection, settings: ReminderSettings) -> None:
    await _kept.run(connection, **bound(reminder_settings, vars(settings)))
