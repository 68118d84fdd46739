"""The reminders that follow from the clock and from the hours (rulebook §5.6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.domain.calendar.reminder_settings import ReminderSettings
from app.domain.calendar.task_facts import OwnWindow
from app.domain.delivery.reminders import Reminder
from app.domain.hours.ledger import HourType
from app.domain.trainings.plan_kinds import KINDS

SENT_FOR = timedelta(days=3)
"""How long after its day a reminder of an opening or a closing is still sent, if the deadline was confirmed late or the
service had stopped."""
SIGNATURE_SOUGHT = timedelta(days=30)
"""How long before the end of a course the signature that its certificates lack is asked for (rulebook §5.6)."""
AFTER_END = (7, 21, 28)
"""Days after the end of a training at which its cost statement is reminded of: one, three and four weeks (rulebook
§5.6)."""


@dataclass(frozen=True)
class HoursInUse:
    """Hours of a central organisation for a year, with those of its units."""

    organisation_id: UUID
    year: int
    granted: int
    in_use: int


@dataclass(frozen=True)
class DueStatement:
    """A training that has ended, and whose cost statement has not been submitted."""

    training_id: UUID
    hour_type: HourType
    organisation_id: UUID
    reference: str | None
    year: int
    ended_on: date
    due_on: date
    last_on: date | None
    """Last day also of late statements. None if the year has no confirmed last day."""


@dataclass(frozen=True)
class SignatureNeeded:
    """A signature that is missing, and the course that ends first of those whose certificates need it."""

    event: str
    subject_id: UUID
    """The central organisation, or the study centre."""
    organisation_id: UUID | None
    """None if it is the study centre's."""
    training_id: UUID
    needed_by: date
    missing: str
    """`signatory` or `signature_image`."""


@dataclass(frozen=True)
class EndedCourse:
    """A course from a training model that has ended and lacks completions."""

    id: UUID
    organisation_id: UUID
    ends_on: date


def reminder_of_completions(course: EndedCourse) -> Reminder:
    """The one reminder after the end of the course (rulebook §5.6)."""
    return Reminder(
        "completions.due", course.id, course.organisation_id, course.ends_on, facts={"training_id": str(course.id)}
    )


def reminder_of_signature(needed: SignatureNeeded) -> Reminder:
    """The one reminder for the days of that course (rulebook §5.6)."""
    facts = {
        "training_id": str(needed.training_id),
        "needed_by": needed.needed_by.isoformat(),
        "missing": needed.missing,
    }
    return Reminder(needed.event, needed.subject_id, needed.organisation_id, needed.needed_by, facts=facts)


def reminders_of_statement(due: DueStatement, today: date) -> Iterator[Reminder]:
    """The reminder of the most weeks that have passed since the end, so that of several only one is sent."""
    passed = (today - due.ended_on).days
    reached = [days for days in AFTER_END if days <= passed]
    if reached and passed <= AFTER_END[-1] + SENT_FOR.days:
        yield Reminder(
            "cost-statement.due",
            due.training_id,
            due.organisation_id,
            due.ended_on,
            reached[-1],
            AFTER_END[len(reached) :],
            {
                KINDS[due.hour_type].id_field: str(due.training_id),
                "reference": due.reference,
                "year": due.year,
                "ended_on": due.ended_on.isoformat(),
                "due_on": due.due_on.isoformat(),
                "last_on": due.last_on.isoformat() if due.last_on else None,
            },
        )


def reminders_of_deadline(window: OwnWindow, settings: ReminderSettings, today: date) -> Iterator[Reminder]:
    """The reminders that a window has opened, closes soon or has closed. Days are Finnish."""
    opens_on, closes_on = window.days
    facts = {
        "kind": window.kind,
        "hours_year": window.hours_year,
        "opens_on": opens_on.isoformat() if opens_on else None,
        "closes_on": closes_on.isoformat() if closes_on else None,
    }
    subject = (window.deadline_id, window.organisation_id)
    if closes_on and closes_on < today:
        if today - closes_on <= SENT_FOR:
            yield Reminder("deadline.closed", *subject, closes_on, facts=facts)
        return
    if opens_on and opens_on > today:
        return
    if opens_on and today - opens_on <= SENT_FOR:
        yield Reminder("deadline.opening", *subject, opens_on, facts=facts)
    if closes_on:
        left = (closes_on - today).days
        # If several reminders are due, as after the service had stopped, the nearest one is enough.
        if due := sorted(days for days in settings.closing_soon_days if days >= left):
            nearer = tuple(days for days in settings.closing_soon_days if days < due[0])
            yield Reminder("deadline.closing-soon", *subject, closes_on, due[0], nearer, facts)


def reminders_of_hours(hours: HoursInUse, settings: ReminderSettings) -> Iterator[Reminder]:
    """The reminder at the highest percentage reached. No lower one follows it when hours become free."""
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
