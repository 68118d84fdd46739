"""Settings of reminders: get and put."""

from app.db.calendar.reminder_settings import find_put, find_settings, reminder_settings
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Reader, Writer
from app.db.statements import put_row
from app.domain.access import check_staff
from app.domain.calendar.reminder_settings import DEFAULT_REMINDERS, ReminderSettings, check_reminders
from app.domain.versions import Versions, check_version


async def get_settings(reader: Reader) -> ReminderSettings:
    return await find_settings(reader.connection)


async def put_settings(writer: Writer, settings: ReminderSettings, expected: Versions) -> ReminderSettings:
    check_reminders(settings)
    check_staff(writer.actor)
    centre = await lock_study_centre(writer.connection)
    put = await find_put(writer.connection)
    check_version(put or DEFAULT_REMINDERS, expected, is_put=put is not None)
    await put_row(writer.connection, reminder_settings, **vars(settings))
    writer.record("reminder-settings.changed", centre.id, **vars(settings))
    return settings
