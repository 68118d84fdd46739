"""Outcomes of decisions on plans and statements: what each needs (rulebook §3.5)."""

from datetime import date, datetime, timedelta
from typing import Literal

from app.domain.calendar.deadlines import day_of
from app.domain.errors import Fault, Invalid

Outcome = Literal["approved", "sent_back", "rejected"]
EndorsementOutcome = Literal["endorsed", "sent_back", "rejected"]
ANSWER_DAYS = 14
"""Days to submit again what was sent back, unless another day is said."""


def check_outcome(
    outcome: Outcome | EndorsementOutcome,
    reason: str | None,
    answer_by: date | None,
    now: datetime,
    *,
    pointer: str = "",
) -> None:
    """Check that a decision against the matter has a reason, and that a day to submit it again is ahead.
    Raise Invalid."""
    faults = []
    if outcome in ("sent_back", "rejected") and reason is None:
        faults.append(Fault(f"{pointer}/reason", "reason-missing"))
    if answer_by is not None and outcome != "sent_back":
        faults.append(Fault(f"{pointer}/answer_by", "none-required"))
    elif answer_by is not None and answer_by < day_of(now):
        faults.append(Fault(f"{pointer}/answer_by", "day-passed"))
    if faults:
        raise Invalid(*faults)


def answer_day_of(answer_by: date | None, now: datetime) -> date:
    """Return the last day to submit again what is sent back now."""
    return answer_by or day_of(now) + timedelta(days=ANSWER_DAYS)
