"""What waits for one side is reported to it once more, when it has waited longer than 14 days (rulebook §5.6)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.calendar.deadlines import day_of
from app.domain.delivery.reminders import Reminder

WAITS_LONG = timedelta(days=14)


@dataclass(frozen=True)
class Waiting:
    """Something that waits for a side."""

    event: str
    """The event of the report, for example `training-model.waiting`."""
    subject_id: UUID
    organisation_id: UUID | None
    step: str
    """What it waits for, by its word in `mails.toml`."""
    waits_for: str
    """The side, as the event's mails have it in `only_if`."""
    since: datetime
    facts: dict[str, Any] = field(default_factory=dict)


def reminder_of_waiting(waiting: Waiting) -> Reminder:
    """The one reminder. What comes back to a side on another day waits again, and is reported again."""
    since = day_of(waiting.since)
    return Reminder(
        waiting.event,
        waiting.subject_id,
        waiting.organisation_id,
        since,
        WAITS_LONG.days,
        facts=waiting.facts | {"step": waiting.step, "waits_for": waiting.waits_for, "since": since.isoformat()},
    )
