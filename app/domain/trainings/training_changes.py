"""Changes of approved plans (muutokset): what needs a decision, and until when it may be sent (rulebook §3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import day_of
from app.domain.errors import DecisionRequired, PlanWindowClosed, WrongState
from app.domain.trainings.sessions import TrainingSession, days_of
from app.domain.trainings.trainings import Training, TrainingPlan, TrainingSummary, hours_of
from app.domain.values import Shown

ChangeState = Literal["submitted", "approved", "rejected", "withdrawn", "cancelled"]


@dataclass(frozen=True)
class TrainingChange(Shown):
    id: UUID
    training_id: UUID
    """ID of the training course."""
    changed: list[str]
    """Names of the fields of the plan that change."""
    plan: TrainingPlan
    """The complete plan with the change."""
    hours: int
    """Teaching hours of the plan with the change."""
    state: ChangeState
    """State of the change. It is `cancelled` if the course was cancelled or lapsed before the decision."""
    reason: str | None
    """Reason for the decision. `null` if none was given."""
    submitted_by: UUID
    """ID of the person who submitted the change."""
    submitted_by_name: str | None
    submitted_at: datetime
    """When the change was submitted."""
    decided_by: UUID | None
    decided_by_name: str | None
    decided_at: datetime | None
    ended_at: datetime | None
    """When the change was withdrawn or cancelled. `null` if neither has happened."""


def check_needs_no_decision(before: TrainingPlan, after: TrainingPlan) -> None:
    """Check an edit of an approved plan: more hours or participants, other dates or another mode need a decision
    (rulebook §10, question 20). Raise DecisionRequired."""
    pointers = set()
    if hours_of(after) > hours_of(before):
        pointers.add("/sessions" if after.sessions != before.sessions else "/platform_hours")
    if not set(days_of(after.sessions)) <= set(days_of(before.sessions)) or not after.sessions:
        pointers.add("/sessions")
    if after.mode != before.mode:
        pointers.add("/mode")
    for name in ("planned_participants", "planned_under_age"):
        if (getattr(after, name) or 0) > (getattr(before, name) or 0):
            pointers.add(f"/{name}")
    if pointers:
        raise DecisionRequired(pointers=sorted(pointers))


def first_altered_on(before: Sequence[TrainingSession], after: Sequence[TrainingSession]) -> date | None:
    """Return the day of the first session that is removed, changed or added. None if all stay."""
    altered = [one for one in before if one not in after] + [one for one in after if one not in before]
    return min((day_of(session.starts_at) for session in altered), default=None)


def check_in_time(training: Training, after: TrainingPlan, now: datetime) -> None:
    """Check that the change is sent at the latest on the day before the first session that it alters (rulebook §3.5).

    Raise PlanWindowClosed.
    """
    altered_on = first_altered_on(training.sessions, after.sessions)
    if altered_on is not None and day_of(now) >= altered_on:
        raise PlanWindowClosed(opens_on=None, closes_on=altered_on - timedelta(days=1))


def check_open(change: TrainingChange) -> None:
    """Raise WrongState."""
    if change.state != "submitted":
        raise WrongState(state=change.state, allowed=["submitted"])


def decided_plan(change: TrainingChange) -> dict[str, object]:
    """Return the fields that the change alters, so that edits made since it was sent stay."""
    return {name: getattr(change.plan, name) for name in change.changed}


def check_hours_unsettled(training: TrainingSummary, statement_state: str | None) -> None:
    """Check that no cost statement, also a rejected or reversed one, decides about the hours. Raise WrongState."""
    if statement_state in ("submitted", "approved", "rejected", "reversed"):
        raise WrongState(state=training.state, allowed=["approved"], because="statement-exists")


def check_no_statement(training: TrainingSummary, statement_state: str | None) -> None:
    """Check that no cost statement has been submitted or approved. Raise WrongState."""
    if statement_state in ("submitted", "approved"):
        raise WrongState(state=training.state, allowed=["approved"], because="statement-exists")
