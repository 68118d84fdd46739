"""Reminders (muistutukset): when people are told of windows and hours, as each study centre sets it (rulebook §5.6)."""

from dataclasses import dataclass, field

from app.domain.lists import check_once


@dataclass(frozen=True)
class ReminderSettings:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    closing_soon_days: list[int] = field(default_factory=lambda: [7, 1])
    """So many days before a last day a reminder goes out."""
    running_out_percents: list[int] = field(default_factory=lambda: [80, 100])
    """Hours are running out where so much of the year's are reserved or used."""
    unused_percent: int = 50
    """Hours are going unused where less than so much is reserved or used at the year's last change window."""


DEFAULT_REMINDERS = ReminderSettings()


def check_reminders(settings: ReminderSettings) -> None:
    """No number stands twice. Raises Invalid."""
    check_once(settings.closing_soon_days, "/closing_soon_days/{}")
    check_once(settings.running_out_percents, "/running_out_percents/{}")
