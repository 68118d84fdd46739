"""Settings of reminders (muistutukset) about windows and hours, which each study centre has (rulebook §5.6)."""

from dataclasses import dataclass, field

from app.domain.lists import check_once
from app.domain.values import Shown


@dataclass(frozen=True)
class ReminderSettings(Shown):
    closing_soon_days: list[int] = field(default_factory=lambda: [7, 1])
    """Numbers of days before a last day on which a reminder is sent."""
    running_out_percents: list[int] = field(default_factory=lambda: [80, 100])
    """Percentages of the year's hours, reserved or used, at which the hours are running out."""
    unused_percent: int = 50
    """Percentage of the year's hours, reserved or used, below which the hours are going unused at the last change
    window."""


DEFAULT_REMINDERS = ReminderSettings()


def check_reminders(settings: ReminderSettings) -> None:
    """Raise Invalid if a list has a number twice."""
    check_once(settings.closing_soon_days, "/closing_soon_days/{}")
    check_once(settings.running_out_percents, "/running_out_percents/{}")
