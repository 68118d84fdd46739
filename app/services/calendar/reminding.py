"""Reminding: what the calendar and the hours tell by themselves (rulebook §5.6)."""

from datetime import UTC, datetime, timedelta

from app.db.calendar.reminders import find_settings
from app.db.calendar.reminding import list_in_use, list_near
from app.db.delivery.mails import lock_making
from app.db.delivery.reminders import enqueue_reminders
from app.db.statements import Connection
from app.domain.calendar.deadlines import day_of
from app.domain.calendar.feeds import KINDS_SEEN
from app.domain.calendar.reminding import TOLD_FOR, reminders_of_deadline, reminders_of_hours


async def remind(connection: Connection) -> None:
    """All that is to be told now, of the connection's study centre, by its clock; again and it tells nothing new."""
    async with connection.transaction():
        maker = await lock_making(connection)
        now = maker.clock_at or datetime.now(UTC)
        today, settings = day_of(now), await find_settings(connection)
        furthest = today + timedelta(days=max(settings.closing_soon_days, default=0))
        windows = await list_near(connection, sorted(KINDS_SEEN["main_user"]), today - TOLD_FOR, furthest)
        due = [reminder for window in windows for reminder in reminders_of_deadline(window, settings, today)]
        if settings.running_out_percents:
            running_out = await list_in_use(connection, today.year, min(settings.running_out_percents))
            due += [reminder for hours in running_out for reminder in reminders_of_hours(hours, settings)]
        await enqueue_reminders(connection, due, now)
