"""When a cost statement (kuluselvitys) may be sent, what its decision needs a reason for, and when it lapses
(rulebook §3.5, §5.1)."""

from datetime import date, datetime, timedelta
from typing import Literal

from app.domain.calendar.deadlines import day_of, last_day_before
from app.domain.errors import WindowClosed, WrongState
from app.domain.trainings.trainings import Phase

Timing = Literal["in_time", "late", "closed"]
NeedsReason = Literal["few-participants", "late", "other-state-support", "adult-education-centre"]


def phase_of(
    now: datetime,
    first_start: datetime | None,
    last_end: datetime | None,
    due_on: date | None,
    *,
    settled: bool,
) -> Phase:
    """Return where an approved training is by the clock (rulebook §3.5).

    `settled`: its statement has been sent and not sent back, or none is needed. Without sessions or a due day nothing
    has begun or is late.
    """
    if first_start is None or last_end is None or now < first_start:
        return "upcoming"
    if now < last_end:
        return "under_way"
    if settled:
        return "ended"
    return "late" if due_on is not None and day_of(now) > due_on else "statement_due"


def timing_of(today: date, due_on: date, last_on: date | None, answer_by: date | None = None) -> Timing:
    """Return whether a statement sent today is in time, late, or too late (rulebook §3.5, §5.1).

    Without a last day of the year it is never too late. One that was sent back may be sent until its `answer_by`, even
    after the last day.
    """
    if today <= due_on:
        return "in_time"
    if last_on is None or today <= last_on or (answer_by is not None and today <= answer_by):
        return "late"
    return "closed"


def check_statement_window(now: datetime, due_on: date, last_on: date | None, answer_by: date | None = None) -> Timing:
    """Check that the statement may still be sent, and return whether it is in time or late (rulebook §5.1).

    Raise WindowClosed.
    """
    timing = timing_of(day_of(now), due_on, last_on, answer_by)
    if timing == "closed":
        raise _closed(last_on)
    return timing


def is_past(last_on: date | None, now: datetime) -> bool:
    """Whether the last day of the year's statements has passed (rulebook §5.1)."""
    return last_on is not None and day_of(now) > last_on


def check_statement_possible(last_on: date | None, now: datetime) -> None:
    """Check that a cost statement can still follow a plan that is submitted now (rulebook §3.5). Raise WindowClosed."""
    if is_past(last_on, now):
        raise _closed(last_on)


def _closed(last_on: date | None) -> WindowClosed:
    return WindowClosed(
        kind="cost_statement", opened_on=None, closed_on=last_on, opens_on=None, closes_on=None, opens_at=None
    )


def is_late(timing: Timing, *, was_submitted: bool, was_late: bool) -> bool:
    """Return whether the statement counts as late (rulebook §3.5).

    One that was sent back is late if it was late when it was submitted before, however long its completion takes.
    """
    return was_late if was_submitted else timing == "late"


def check_held(now: datetime, first_start: datetime | None, last_end: datetime | None) -> None:
    """Check that the last session has ended: only then is it known what was held (rulebook §3.5).

    Raise WrongState with the phase.
    """
    if last_end is None or now < last_end:
        phase = phase_of(now, first_start, last_end, None, settled=False)
        raise WrongState(state=phase, allowed=["statement_due", "late"])


def needs_reason_of(
    *,
    of_age: int,
    minimum_participants: int,
    late: bool,
    other_state_support: bool,
    adult_education_centre: bool,
) -> list[NeedsReason]:
    """Return what the decision gives a reason for. None of it refuses by itself (rulebook §3.5, §4.3)."""
    asked: list[tuple[bool, NeedsReason]] = [
        (of_age < minimum_participants, "few-participants"),
        (late, "late"),
        (other_state_support, "other-state-support"),
        (adult_education_centre, "adult-education-centre"),
    ]
    return [reason for needed, reason in asked if needed]


def lapses_on_of(last_end: datetime | None, last_on: date | None, answer_by: date | None = None) -> date | None:
    """Return the day from which a training without a sent statement lapses (rulebook §3.5, §5.1).

    It is the day after the last day for statements, after the training's own last day and after the day until which its
    statement was sent back, whichever comes last. None without sessions or a last day.
    """
    if last_end is None or last_on is None:
        return None
    days = [last_on, last_day_before(last_end), *([answer_by] if answer_by else [])]
    return max(days) + timedelta(days=1)


def plan_lapses_on_of(answer_by: date) -> date:
    """Return the day from which a plan that was sent back lapses: the day after `answer_by` (rulebook §3.5)."""
    return answer_by + timedelta(days=1)
