"""Settings of the study centre's reminders."""

from sqlalchemy import Column, SmallInteger, Table, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statements import Connection, Query, columns_of, metadata, study_centre_key
from app.domain.calendar.reminder_settings import DEFAULT_REMINDERS, ReminderSettings

reminder_settings = Table(
    "reminder_settings",
    metadata,
    study_centre_key(),
    Column("closing_soon_days", JSONB, nullable=False),
    Column("running_out_percents", JSONB, nullable=False),
    Column("unused_percent", SmallInteger, nullable=False),
)
_found = Query(select(*columns_of(ReminderSettings, reminder_settings)), ReminderSettings)


async def find_settings(connection: Connection) -> ReminderSettings:
    """The study centre's settings, or the defaults."""
    return await _found.first(connection) or DEFAULT_REMINDERS
