"""Yearly confirmations (vuosivahvistus): a main user confirms that the organisation's data and roles are in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.calendar.deadlines import Window, check_window_open, day_of, is_open
from app.domain.values import Shown


@dataclass(frozen=True)
class OrganisationConfirmation(Shown):
    id: UUID
    organisation_id: UUID
    organisation_name: str
    year: int
    """Year of the confirmation."""
    person_id: UUID
    """ID of the main user who confirmed."""
    person_name: str | None
    """Name of the main user who confirmed. `null` if you cannot see the person, or if the person was erased."""
    confirmed_at: datetime
    """When the main user confirmed."""
    late: bool
    """Whether the confirmation came after the last day."""
    membership_page_url: str | None = None
    """URL of the organisation's page that mentions the membership in the study centre. `null` if not given."""


def check_begun(windows: Sequence[Window], now: datetime) -> None:
    """Check that the year's days have begun. Their end does not matter (rulebook §5.9). Raise WindowClosed."""
    today = day_of(now)
    if not any(window.opens_on is None or window.opens_on <= today for window in windows):
        check_window_open("data_confirmation", windows, now)


def is_late(windows: Sequence[Window], now: datetime) -> bool:
    """Whether the last day has passed (rulebook §5.9)."""
    return not any(is_open(window, now) for window in windows)
