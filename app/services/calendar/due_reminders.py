"""Reminders that nobody requests: those that follow from the clock, the hours, the courses, and from long waiting
(rulebook §5.6)."""

from datetime import timedelta

from app.db.calendar.due_statements import list_due_statements
from app.db.calendar.hour_facts import list_hours_in_use
from app.db.calendar.missing_signatures import list_needed_signatures
from app.db.calendar.reminder_settings import find_settings
from app.db.calendar.waiting import list_waiting
from app.db.calendar.windows import list_turning_windows
from app.db.delivery.outbox import find_enqueued
from app.db.people.study_centres import lock_study_centre
from app.db.statements import Connection
from app.db.trainings.completions_to_record import list_ended
from app.db.transactions import enqueue
from app.domain.calendar.deadlines import day_of, start_of
from app.domain.calendar.due_reminders import (
    AFTER_END,
    SENT_FOR,
    SIGNATURE_SOUGHT,
    reminder_of_completions,
    reminder_of_signature,
    reminders_of_deadline,
    reminders_of_hours,
    reminders_of_statement,
)
from app.domain.calendar.feeds import KINDS_SEEN
from app.domain.calendar.waiting import WAITS_LONG, reminder_of_waiting


async def send_reminders(connection: Connection) -> None:
    """Enqueue the reminders that are due by the clock of the connection's study centre. Repeating it adds none."""
    async with connection.transaction():
        centre = await lock_study_centre(connection)
        now = centre.now
        today, settings = day_of(now), await find_settings(connection)
        furthest = today + timedelta(days=max(settings.closing_soon_days, default=0))
        windows = await list_turning_windows(connection, sorted(KINDS_SEEN["main_user"]), today - SENT_FOR, furthest)
        due = [reminder for window in windows for reminder in reminders_of_deadline(window, settings, today)]
        if settings.running_out_percents:
            running_out = await list_hours_in_use(connection, today.year, min(settings.running_out_percents))
            due += [reminder for hours in running_out for reminder in reminders_of_hours(hours, settings)]
        last_end, first_end = today - timedelta(days=AFTER_END[0]), today - timedelta(days=AFTER_END[-1]) - SENT_FOR
        statements = await list_due_statements(connection, first_end, last_end)
        due += [reminder for statement in statements for reminder in reminders_of_statement(statement, today)]
        due += map(reminder_of_signature, await list_needed_signatures(connection, today + SIGNATURE_SOUGHT, now))
        due += map(reminder_of_completions, await list_ended(connection, today - SENT_FOR, now))
        waiting = await list_waiting(connection, start_of(today - WAITS_LONG), now)
        due += map(reminder_of_waiting, waiting)
        if due:
            covering = set().union(*(reminder.covering_ids for reminder in due))
            enqueued = await find_enqueued(connection, covering)
            await enqueue(connection, [each for each in due if enqueued.isdisjoint(each.covering_ids)], now)
