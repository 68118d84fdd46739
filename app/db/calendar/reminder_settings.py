"""Settings of the study centre's reminders."""

from sqlalchemy import Column, SmallInteger, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statements import Connection, Query, columns_of, study_centre_table
from app.domain.calendar.reminder_settings import DEFAULT_REMINDERS, ReminderSettings

reminder_settings = study_centre_table(
    "reminder_settings",
    Column("closing_soon_days", JSONB, nullable=False),
    Column("running_out_percents", JSONB, nullable=False),
    Column("unused_percent", SmallInteger, nullable=False),
    single=True,
)
_found = Query(select(*columns_of(ReminderSettings, reminder_settings)), ReminderSettings)


async def find_put(connection: Connection) -> ReminderSettings | None:
    """The study centre's settings. None if it has the defaults, because nobody has put any."""
    return await _found.first(connection)


async def find_settings(connection: Connection) -> ReminderSettings:
    """The study centre's settings, or the defaults."""
    return await find_put(connection) or DEFAULT_REMINDERS
