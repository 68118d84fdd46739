"""Edits and changes of approved plans (rulebook §3.5)."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import PlanWindowClosed, WrongState
from app.domain.trainings import training_changes as rules
from app.domain.trainings.sessions import TrainingSession
from app.domain.trainings.training_changes import TrainingChange
from app.domain.trainings.trainings import EMPTY, TrainingPlan

ID = UUID(int=1)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2023, 4, day, hour, tzinfo=HELSINKI)


def session(day: int, hours: int = 6) -> TrainingSession:
    """From ten o'clock. Three clock hours are four teaching hours."""
    return TrainingSession(at(day, 10), at(day, 10 + hours), 0, 1, [])


PLAN = replace(EMPTY, sessions=[session(15), session(22)])
"""Two sessions of eight teaching hours each."""


def with_sessions(*sessions: TrainingSession) -> TrainingPlan:
    return replace(PLAN, sessions=list(sessions))


def change_of(plan: TrainingPlan, *changed: str) -> TrainingChange:
    return TrainingChange(ID, list(changed), 0, "submitted", None, ID, None, at(1), None, None, None, None, ID, plan)


MORE = replace(PLAN, planned_participants=20)


@pytest.mark.parametrize(
    ("after", "now", "closed_on"),
    [
        (with_sessions(session(15), session(22, 9)), at(21, 23), None),
        (with_sessions(session(15), session(22, 9)), at(22), 21),
        (with_sessions(session(22)), at(14, 23), None),
        (with_sessions(session(22)), at(15), 14),
        # The session that is added is the one that counts, after the course too.
        (with_sessions(*PLAN.sessions, session(29)), at(28, 23), None),
        (with_sessions(*PLAN.sessions, session(29)), at(29), 28),
        # No session is altered: the next one that has not ended counts.
        (MORE, at(14, 23), None),
        (MORE, at(15), 14),
        (MORE, at(15, 15), 14),
        (MORE, at(15, 16), None),
        (MORE, at(21, 23), None),
        (MORE, at(22, 15), 21),
    ],
)
def test_until_when_a_change_is_sent(after: TrainingPlan, now: datetime, closed_on: int | None) -> None:
    if closed_on is None:
        rules.check_in_time(PLAN, after, now)
        return
    with pytest.raises(PlanWindowClosed) as refused:
        rules.check_in_time(PLAN, after, now)
    assert refused.value.facts["closes_on"] == at(closed_on).date()


def test_after_the_last_session_no_change_is_sent_that_alters_none() -> None:
    with pytest.raises(WrongState) as refused:
        rules.check_in_time(PLAN, MORE, at(22, 16))
    assert refused.value.facts["because"] == "course-ended"
    rules.check_in_time(EMPTY, replace(EMPTY, platform_hours=3), at(22, 16))


@pytest.mark.parametrize(
    ("after", "now", "begun"),
    [
        (with_sessions(session(22)), at(15, 9), False),
        (with_sessions(session(22)), at(15, 10), True),
        (with_sessions(session(15, 3), session(22)), at(15, 10), True),
        (with_sessions(session(15)), at(22, 9), False),
        (with_sessions(session(15)), at(22, 10), True),
        (with_sessions(session(14), *PLAN.sessions), at(15, 9), True),
        (MORE, at(29), False),
    ],
)
def test_which_edits_alter_a_session_that_has_begun(after: TrainingPlan, now: datetime, begun: bool) -> None:
    if not begun:
        rules.check_not_begun(PLAN, after, now)
        return
    with pytest.raises(WrongState) as refused:
        rules.check_not_begun(PLAN, after, now)
    assert refused.value.facts["because"] == "session-begun"


@pytest.mark.parametrize(
    ("plan", "changed", "hours"),
    [
        (PLAN, None, 16),
        (PLAN, {"platform_hours": 5}, 21),  # 16 + 5
        (PLAN, {"sessions": [session(15)]}, 16),  # The change has 8.
        (with_sessions(session(15)), {"platform_hours": 5}, 13),  # 8 + 5
        (with_sessions(session(15)), {"sessions": PLAN.sessions}, 16),
    ],
)
def test_the_hours_that_a_plan_has_reserved(plan: TrainingPlan, changed: dict[str, Any] | None, hours: int) -> None:
    merged = changed and rules.merged_plan(plan, change_of(replace(PLAN, **changed), *changed))
    assert rules.held_hours_of(plan, merged or None) == hours


def test_a_change_keeps_what_was_edited_since() -> None:
    change = change_of(replace(PLAN, platform_hours=5, name="Ensiapu"), "platform_hours")
    edited = replace(with_sessions(session(15)), name="Ensiapu ja turvallisuus")
    assert rules.merged_plan(edited, change) == replace(edited, platform_hours=5)


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"sessions": [session(15)]}, True),
        ({"platform_hours": 1}, True),
        ({"planned_participants": 7}, True),
        ({"planned_under_age": 1}, True),
        ({"name": "Ensiapu", "marketing_text": "Tervetuloa", "trainers": []}, False),
    ],
)
def test_which_edits_need_that_no_statement_was_submitted(changes: dict[str, Any], needed: bool) -> None:
    assert rules.needs_unsettled(PLAN, replace(PLAN, **changes)) is needed


@pytest.mark.parametrize("state", ["submitted", "approved", "rejected", "reversed"])
def test_a_statement_settles_the_hours_and_names_its_own_state(state: str) -> None:
    with pytest.raises(WrongState) as refused:
        rules.check_hours_unsettled(state)
    assert refused.value.facts == {"state": state, "allowed": ["draft", "sent_back"], "because": "statement-exists"}
    if state in ("rejected", "reversed"):
        rules.check_no_statement(state)
    else:
        with pytest.raises(WrongState) as refused:
            rules.check_no_statement(state)
        allowed = ["draft", "sent_back", "rejected", "reversed"]
        assert refused.value.facts == {"state": state, "allowed": allowed, "because": "statement-exists"}


@pytest.mark.parametrize("state", [None, "draft", "sent_back", "lapsed", "cancelled"])
def test_a_statement_that_waits_for_nobody_settles_nothing(state: str | None) -> None:
    rules.check_hours_unsettled(state)
    rules.check_no_statement(state)
