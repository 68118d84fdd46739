"""Changes of approved plans (muutokset): what needs a decision, and until when it may be sent (rulebook §3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import day_of
from app.domain.errors import DecisionRequired, PlanWindowClosed, WrongState
from app.domain.trainings.sessions import TrainingSession, days_of, starts_on_of
from app.domain.trainings.trainings import GroupPlan, TrainingPlan, group_plan_of, hours_of, with_changes
from app.domain.values import Shown

ChangeState = Literal["submitted", "approved", "rejected", "withdrawn", "cancelled"]


@dataclass(frozen=True)
class PlanChange(Shown):
    id: UUID
    changed: list[str]
    """Names of the fields of the plan that change."""
    hours: int
    """Teaching hours of the plan with the change."""
    state: ChangeState
    """State of the change. It is `cancelled` if the approved plan was cancelled or lapsed before the decision."""
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


@dataclass(frozen=True)
class TrainingChange(PlanChange):
    """A change of the plan of a training."""

    training_id: UUID
    """ID of the training course."""
    plan: TrainingPlan
    """The complete plan with the change, and with what was edited before its decision."""


@dataclass(frozen=True)
class PeerGroupChange(PlanChange):
    """A change of the plan of a peer group, as it is shown."""

    peer_group_id: UUID
    """ID of the peer group."""
    plan: GroupPlan
    """The complete plan with the change, and with what was edited before its decision."""


def peer_group_change_of(change: TrainingChange) -> PeerGroupChange:
    """Return the change as it is shown, without what only training courses have."""
    shared = {field.name: getattr(change, field.name) for field in fields(PlanChange)}
    return PeerGroupChange(**shared, peer_group_id=change.training_id, plan=group_plan_of(change.plan))


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
    return starts_on_of(_altered(before, after))


def _altered(before: Sequence[TrainingSession], after: Sequence[TrainingSession]) -> list[TrainingSession]:
    return [one for one in before if one not in after] + [one for one in after if one not in before]


def check_in_time(before: TrainingPlan, after: TrainingPlan, now: datetime) -> None:
    """Check that the change is sent at the latest on the day before the first session that it alters. One that alters
    none is sent at the latest on the day before the first session that has not ended (rulebook §3.5).

    Raise PlanWindowClosed, WrongState if all sessions have ended.
    """
    concerned_on = first_altered_on(before.sessions, after.sessions)
    if concerned_on is None and before.sessions:
        concerned_on = starts_on_of([session for session in before.sessions if session.ends_at > now])
        if concerned_on is None:
            raise WrongState(state="approved", because="course-ended")
    if concerned_on is not None and day_of(now) >= concerned_on:
        raise PlanWindowClosed(opens_on=None, closes_on=concerned_on - timedelta(days=1))


def check_not_begun(before: TrainingPlan, after: TrainingPlan, now: datetime) -> None:
    """Check that an edit of an approved plan alters no session that has begun (rulebook §3.5). Raise WrongState."""
    if any(session.starts_at <= now for session in _altered(before.sessions, after.sessions)):
        raise WrongState(state="approved", because="session-begun")


def check_open(change: TrainingChange) -> None:
    """Raise WrongState."""
    if change.state != "submitted":
        raise WrongState(state=change.state, allowed=["submitted"])


def merged_plan(plan: TrainingPlan, change: TrainingChange) -> TrainingPlan:
    """Return the plan with the fields that the change alters, so that edits made since it was sent stay (rulebook
    §3.5)."""
    return with_changes(plan, {name: getattr(change.plan, name) for name in change.changed})


def held_hours_of(plan: TrainingPlan, changed: TrainingPlan | None = None) -> int:
    """Return the hours that an approved plan has reserved. An open change reserves the hours of the changed plan, if
    they are more (rulebook §3.5)."""
    return max(hours_of(plan), hours_of(changed) if changed else 0)


def needs_unsettled(before: TrainingPlan, after: TrainingPlan) -> bool:
    """Whether an edit alters what a cost statement is about: sessions, hours or participants (rulebook §3.5)."""
    names = ("sessions", "platform_hours", "planned_participants", "planned_under_age")
    return any(getattr(before, name) != getattr(after, name) for name in names)


def check_hours_unsettled(statement_state: str | None) -> None:
    """Check that no cost statement, also a rejected or reversed one, decides about the hours (rulebook §3.5).

    Raise WrongState with the state of the statement.
    """
    if statement_state in ("submitted", "approved", "rejected", "reversed"):
        raise WrongState(state=statement_state, allowed=["draft", "sent_back"], because="statement-exists")


def check_no_statement(statement_state: str | None) -> None:
    """Check that no cost statement has been submitted or approved (rulebook §3.5).

    Raise WrongState with the state of the statement.
    """
    if statement_state in ("submitted", "approved"):
        allowed = ["draft", "sent_back", "rejected", "reversed"]
        raise WrongState(state=statement_state, allowed=allowed, because="statement-exists")
