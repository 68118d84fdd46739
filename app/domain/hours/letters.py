"""Letters (päätöskirje): what is said about a decision on hours (rulebook §3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.domain.calendar.deadlines import Window, last_day_of


@dataclass(frozen=True)
class LetterFacts:
    """A decision with the names that its letter says."""

    decision_id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    """In the language of the letter."""
    business_id: str | None
    year: int
    asked: int | None
    hours: int
    reason: str | None
    decided_by_name: str | None
    decided_at: datetime
    study_centre_name: str


@dataclass(frozen=True)
class NextDays:
    """What can be done with the hours, and when."""

    changes: Sequence[Window]
    """The change windows that have not ended."""
    entry_opens_on: date | None
    """The first day of adding training courses."""
    statements_by: date | None
    """The last day of the cost statements."""


def next_days_of(
    changes: Sequence[Window], entries: Sequence[Window], statements: Sequence[Window], today: date
) -> NextDays:
    """Return the days that a letter names: periods that are over are no use to its reader."""
    left = [window for window in changes if (last := last_day_of(window)) is None or last >= today]
    opening = [window.opens_on for window in entries if window.opens_on]
    due = [last for window in statements if (last := last_day_of(window))]
    return NextDays(
        sorted(left, key=lambda window: window.opens_on or date.min),
        min(opening, default=None),
        max(due, default=None),
    )
