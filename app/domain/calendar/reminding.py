"""What the centres are reminded of by the clock and by their hours (rulebook §5.6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.domain.calendar.deadlines import last_day_of
from app.domain.calendar.reminders import ReminderSettings
from app.domain.calendar.task_facts import OwnWindow
from app.domain.delivery.reminders import Reminder

TOLD_FOR = timedelta(days=3)
"""So long after its day an opening or a closing is still told: of a deadline confirmed late, or after a standstill."""


@dataclass(frozen=True)
class HoursInUse:
    """A centre's hours of a year, its units' counted in."""

    organisation_id: UUID
    year: int
    granted: int
    """What may be used."""
    in_use: int
    """Reserved or used."""


def reminders_of_deadline(window: OwnWindow, settings: ReminderSettings, today: date) -> Iterator[Reminder]:
    """Of a centre's window: that it has opened, closes soon, or has closed; each day in Finnish time."""
    opens_on, closes_on = window.days.opens_on, last_day_of(window.days)
    facts = {
        "kind": window.kind,
        "hours_year": window.hours_year,
        "opens_on": opens_on.isoformat() if opens_on else None,
        "closes_on": closes_on.isoformat() if closes_on else None,
    }
    subject = (window.deadline_id, window.organisation_id)
    if closes_on and closes_on < today:
        if today - closes_on <= TOLD_FOR:
            yield Reminder("deadline.closed", *subject, closes_on, facts=facts)
        return
    if opens_on and opens_on > today:
        return
    if opens_on and today - opens_on <= TOLD_FOR:
        yield Reminder("deadline.opening", *subject, opens_on, facts=facts)
    if closes_on:
        left = (closes_on - today).days
        # Where several have come, as after a standstill or a shortening, the nearest says it all.
        if due := sorted(days for days in settings.closing_soon_days if days >= left):
            nearer = tuple(days for days in settings.closing_soon_days if days < due[0])
            yield Reminder("deadline.closing-soon", *subject, closes_on, due[0], nearer, facts)


def reminders_of_hours(hours: HoursInUse, settings: ReminderSettings) -> Iterator[Reminder]:
    """At the highest of the per cents reached; a lower one is not told after it, when hours come free again."""
    reached = [
        percent for percent in settings.running_out_percents if hours.in_use * 100 >= percent * hours.granted > 0
    ]
    if reached:
        percent = max(reached)
        yield Reminder(
            "hour-account.running-out",
            hours.organisation_id,
            hours.organisation_id,
            date(hours.year, 1, 1),
            percent,
            tuple(higher for higher in settings.running_out_percents if higher > percent),
            {"year": hours.year, "percent": percent, "available": hours.granted - hours.in_use},
        )
