"""When a plan may be sent, and by which day a cost statement is due (rulebook §3.5, §3.6, §5.1)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.calendar.deadlines import day_of
from app.domain.errors import PlanWindowClosed
from app.domain.trainings.support_rules import ActivityRules

MONTHS_OF_YEAR = 12


@dataclass(frozen=True)
class PlanWindow:
    """First and last day on which a plan may be sent."""

    opens_on: date
    closes_on: date


def plan_window_of(starts_on: date, rules: ActivityRules) -> PlanWindow:
    """Return the days from so many months before the start to so many days before it (rulebook §3.5).

    In a shorter month the first day is the month's last. `latest_days` is negative if the plan may still be sent after
    the start.
    """
    return PlanWindow(
        opens_on=_months_before(starts_on, rules.earliest_months),
        closes_on=starts_on - timedelta(days=rules.latest_days),
    )


def check_plan_window(window: PlanWindow, now: datetime, excepted_until: date | None = None) -> None:
    """Check that the plan may be sent today. Staff may except a plan from its window until a day, also after the start
    (rulebook §3.5). Raise PlanWindowClosed."""
    today = day_of(now)
    if excepted_until is not None and today <= excepted_until:
        return
    if not window.opens_on <= today <= window.closes_on:
        raise PlanWindowClosed(opens_on=window.opens_on, closes_on=window.closes_on)


def statement_due_on_of(ends_on: date, rules: ActivityRules, statement_last_on: date | None) -> date:
    """Return the day by which the statement is in time: so many days after the end, and no later than the last day for
    the year's statements, if there is one (rulebook §3.5, §5.1)."""
    due_on = ends_on + timedelta(days=rules.statement_days)
    return due_on if statement_last_on is None else min(due_on, statement_last_on)


def _months_before(day: date, months: int) -> date:
    years, month = divmod(day.year * MONTHS_OF_YEAR + day.month - 1 - months, MONTHS_OF_YEAR)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
