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
    """In the language of the letter."""


@dataclass(frozen=True)
class NextDays:
    """What can be done with the hours, and when."""

    changes: Sequence[Window]
    """The change windows that had not ended when the decision was made."""
    entry_opens_on: date | None
    """The first day of adding training courses."""
    statements_by: date | None
    """The last day of the cost statements, if it had not passed."""
    are_changes_over: bool = False
    """Whether the year has change windows, and all of them had ended."""


def next_days_of(
    changes: Sequence[Window], entries: Sequence[Window], statements: Sequence[Window], decided_on: date
) -> NextDays:
    """Return the days that a letter names. It speaks as of the day of the decision, whenever it is first read."""
    left = [window for window in changes if (last := last_day_of(window)) is None or last >= decided_on]
    opening = [window.opens_on for window in entries if window.opens_on]
    due = [last for window in statements if (last := last_day_of(window)) and last >= decided_on]
    return NextDays(
        sorted(left, key=lambda window: window.opens_on or date.min),
        min(opening, default=None),
        max(due, default=None),
        are_changes_over=bool(changes) and not left,
    )
