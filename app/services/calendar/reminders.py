"""Settings of reminders: get and put."""

from app.db.calendar.reminders import find_settings, keep_settings
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Reader, Writer
from app.domain.access import check_staff
from app.domain.calendar.reminders import ReminderSettings, check_reminders
from app.domain.versions import Versions, check_version


async def get_settings(reader: Reader) -> ReminderSettings:
    return await find_settings(reader.connection)


async def put_settings(writer: Writer, settings: ReminderSettings, expected: Versions) -> ReminderSettings:
    check_reminders(settings)
    check_staff(writer.actor)
    centre = await lock_study_centre(writer.connection)
    check_version(await find_settings(writer.connection), expected)
    await keep_settings(writer.connection, settings)
    writer.record("reminder-settings.changed", centre.id, **vars(settings))
    return settings
