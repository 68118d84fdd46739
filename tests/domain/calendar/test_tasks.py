"""Tasks by their facts, and when they are shown."""

from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import HELSINKI, Kind
from app.domain.calendar.reminder_settings import ReminderSettings
from app.domain.calendar.task_facts import (
    HoursChange,
    OwnOrganisation,
    OwnProposal,
    OwnWindow,
    TaskFacts,
    WaitingProposals,
    WaitingRequest,
    YearHours,
)
from app.domain.calendar.task_rules import tasks_of
from app.domain.calendar.tasks import Task
from app.domain.calendar.training_tasks import TrainingAction
from app.texts.calendar import task_title

CENTRE, UNIT = UUID(int=1), UUID(int=2)
ROUND = (date(2023, 10, 1), date(2023, 11, 30))
OWN = OwnOrganisation(CENTRE, "Marttaliitto", CENTRE, date(2000, 1, 1), None, True, True, frozenset({"main_user"}))
UNITS = replace(OWN, id=UNIT, name="Piiri", has_units=False, roles=frozenset({"unit_manager"}))


def window(
    kind: Kind, opens_on: date | None, closes_on: date | None, *, of: UUID | None = CENTRE, year: int = 2024
) -> OwnWindow:
    deadline_id = UUID(int=hash((kind, opens_on, closes_on)) % 2**128)
    return OwnWindow(of, deadline_id, kind, year, opens_on, closes_on)


def hours(granted: int, in_use: int, **changes: Any) -> YearHours:
    of_year = YearHours(CENTRE, 2023, granted, in_use, granted - in_use, is_distributed=True, is_closed=False)
    return replace(of_year, **changes)


def statement_of() -> TrainingAction:
    """The statement of a course that ended on 15 April 2023."""
    return TrainingAction(
        "cost_statements",
        UUID(int=30),
        "training",
        "Järjestön talous",
        CENTRE,
        "Marttaliitto",
        2023,
        "2023-0008",
        closes_on=date(2023, 5, 13),
    )


def tasks_on(day: date, **facts: Any) -> list[Task]:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=HELSINKI)
    known = TaskFacts(now=now, **({"organisations": [OWN]} | facts))
    return tasks_of(known, partial(task_title, "fi"))


def states(day: date, **facts: Any) -> list[tuple[str, str]]:
    return [(task.kind, task.state) for task in tasks_on(day, **facts)]


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2023, 6, 30), None),  # 93 days before the first day.
        (date(2023, 7, 1), "upcoming"),
        (date(2023, 9, 30), "upcoming"),
        (date(2023, 10, 1), "open"),
        (date(2023, 11, 30), "open"),
        (date(2023, 12, 1), "late"),
        (date(2024, 1, 29), "late"),  # 60 days after the last.
        (date(2024, 1, 30), None),
    ],
)
def test_a_task_is_shown_by_its_days(day: date, state: str | None) -> None:
    expected = [("hour_proposal", state)] if state else []
    assert states(day, windows=[window("proposal_round", *ROUND)]) == expected


@pytest.mark.parametrize(
    ("state", "answer_by", "day", "expected"),
    [
        ("draft", None, date(2023, 11, 1), "open"),
        ("submitted", None, date(2023, 11, 1), "done"),
        ("decided", None, date(2023, 11, 1), "done"),
        ("submitted", None, date(2023, 12, 1), None),
        ("sent_back", None, date(2023, 12, 1), "late"),
        ("sent_back", date(2023, 12, 8), date(2023, 12, 8), "open"),  # After the round, until the day to answer by.
        ("sent_back", date(2023, 12, 8), date(2023, 12, 9), "late"),
        ("sent_back", date(2023, 11, 8), date(2023, 11, 9), "open"),  # The round goes on all the same.
    ],
)
def test_the_task_follows_the_state_of_the_proposal(
    state: Any, answer_by: date | None, day: date, expected: str | None
) -> None:
    proposal = OwnProposal(UUID(int=9), CENTRE, 2024, state, answer_by)
    found = states(day, windows=[window("proposal_round", *ROUND)], proposals=[proposal])
    assert found == ([("hour_proposal", expected)] if expected else [])


def test_the_task_of_a_year_with_two_rounds_is_of_the_current_one() -> None:
    rounds = [
        window("proposal_round", date(2023, 10, 1), date(2023, 10, 31)),
        window("proposal_round", date(2023, 11, 10), date(2023, 11, 20)),
    ]
    expected = [
        (date(2023, 10, 15), "2023-10-31"),
        (date(2023, 11, 5), "2023-11-20"),
        (date(2023, 12, 1), "2023-11-20"),
    ]
    for day, last_day in expected:
        (task,) = tasks_on(day, windows=rounds)
        assert str(task.closes_on) == last_day


def test_an_organisation_proposes_only_for_years_of_its_membership() -> None:
    leaving = replace(OWN, active_until=date(2023, 12, 31))
    assert states(date(2023, 11, 1), organisations=[leaving], windows=[window("proposal_round", *ROUND)]) == []


@pytest.mark.parametrize(
    ("roles", "units_propose", "expected"),
    [
        ({"unit_manager"}, True, ["unit_hour_proposal"]),
        ({"unit_manager"}, False, []),
        ({"training_manager"}, True, []),
    ],
)
def test_a_unit_proposes_by_its_manager_if_the_centre_allows_it(
    roles: Any, units_propose: bool, expected: list[str]
) -> None:
    unit = replace(UNITS, roles=frozenset(roles), units_propose=units_propose)
    windows = [window("proposal_round", *ROUND, of=UNIT)]
    assert [kind for kind, _ in states(date(2023, 11, 1), organisations=[unit], windows=windows)] == expected


@pytest.mark.parametrize("state", ["draft", "sent_back", "submitted", "decided", None])
def test_units_proposals_wait_while_the_centre_can_include_them(state: Any) -> None:
    own = [OwnProposal(UUID(int=9), CENTRE, 2024, state, None)] if state else []
    waiting = [WaitingProposals(CENTRE, 2024, [UUID(int=7)])]
    kinds = [
        task.kind
        for task in tasks_on(
            date(2023, 11, 1), windows=[window("proposal_round", *ROUND)], proposals=own, waiting=waiting
        )
    ]
    assert ("units_hour_proposals" in kinds) == (state in ("draft", "sent_back", None))


SPRING = window("change_window", date(2023, 3, 13), date(2023, 3, 25), year=2023)
AUTUMN = window("change_window", date(2023, 8, 14), date(2023, 8, 25), year=2023)


@pytest.mark.parametrize(
    ("day", "year_hours", "expected"),
    [
        (date(2023, 3, 15), hours(100, 79), [("change_window", "open")]),
        (date(2023, 3, 15), hours(100, 80), [("hours_running_out", "open")]),
        (date(2023, 3, 15), hours(1000, 799), [("change_window", "open")]),  # 79.9 % is not yet 80.
        (date(2023, 3, 15), hours(0, 0), [("change_window", "open")]),
        (date(2023, 3, 26), hours(100, 100), [("hours_running_out", "upcoming")]),  # The next is 141 days away.
        (date(2023, 9, 1), hours(100, 100), [("hours_running_out", "open")]),  # No window is left: only to look at.
        (date(2023, 9, 1), hours(100, 100, is_closed=True), []),
        (date(2023, 7, 14), hours(100, 49), [("change_window", "upcoming")]),
        (date(2023, 7, 15), hours(100, 49), [("hours_going_unused", "upcoming")]),
        (date(2023, 8, 14), hours(100, 50), [("change_window", "open")]),
        (date(2023, 8, 14), hours(100, 49, free=0), [("change_window", "open")]),
        (date(2023, 8, 26), hours(100, 49), []),
    ],
)
def test_hours_run_out_or_go_unused(day: date, year_hours: YearHours, expected: list[tuple[str, str]]) -> None:
    assert states(day, windows=[SPRING, AUTUMN], hours=[year_hours]) == expected


def test_the_task_is_of_the_threshold_reached_last() -> None:
    settings = ReminderSettings(running_out_percents=[100, 80])
    ids = {
        in_use: tasks_on(date(2023, 3, 15), windows=[SPRING], hours=[hours(100, in_use)], settings=settings)[0].id
        for in_use in (80, 99, 100)
    }
    assert ids[80] == ids[99] != ids[100]


@pytest.mark.parametrize(
    ("day", "state"), [(date(2023, 3, 12), "open"), (date(2023, 3, 13), "done"), (date(2023, 3, 25), "done")]
)
def test_a_change_within_the_window_does_its_task(day: date, state: str) -> None:
    made_at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=HELSINKI)
    changes = [HoursChange(CENTRE, 2023, made_at)]
    assert states(date(2023, 3, 25), windows=[SPRING], changes=changes) == [("change_window", state)]


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2023, 5, 13), "open"),
        (date(2023, 5, 14), "late"),
        (date(2024, 1, 18), "late"),  # As long as it waits: it lapses on the next day.
    ],
)
def test_a_statement_is_a_task_until_it_is_submitted(day: date, state: str) -> None:
    assert states(day, training_actions=[statement_of()]) == [("cost_statements", state)]


def test_a_statement_is_the_same_task_before_it_is_begun_and_after() -> None:
    begun = replace(statement_of(), part_id=UUID(int=31), part_state="draft", reference="2023-0009")
    day = date(2023, 5, 1)
    before, after = (tasks_on(day, training_actions=[each])[0] for each in (statement_of(), begun))
    assert before.id == after.id
    assert (before.call.path, after.call.path) == (
        "/v1/cost-statements",
        f"/v1/cost-statements/{begun.part_id}/submission",
    )


@pytest.mark.parametrize(
    ("day", "waiting", "expected"),
    [
        (date(2023, 7, 31), 1, "upcoming"),  # 93 days before the first day: what waits is shown all the same.
        (date(2023, 7, 31), 0, None),
        (date(2023, 8, 1), 0, "upcoming"),
        (date(2023, 10, 15), 1, "upcoming"),
        (date(2023, 11, 15), 0, "done"),
        (date(2023, 11, 15), 1, "open"),
        (date(2023, 12, 1), 1, "late"),
        (date(2023, 12, 1), 0, None),
        (date(2024, 1, 29), 1, "late"),  # 60 days after the last.
        (date(2024, 1, 30), 1, "late"),
        (date(2027, 2, 1), 1, "late"),
        (date(2024, 1, 30), 0, None),
    ],
)
def test_staff_decide_in_their_period(day: date, waiting: int, expected: str | None) -> None:
    period = window("decision_period", date(2023, 11, 1), date(2023, 11, 30), of=None)
    asked = [WaitingProposals(None, 2024, [UUID(int=number) for number in range(waiting)])]
    found = states(day, organisations=[], is_staff=True, windows=[period], waiting=asked)
    assert found == ([("hour_decisions", expected)] if expected else [])


@pytest.mark.parametrize("day", [date(2023, 7, 31), date(2024, 1, 30), date(2027, 2, 1)])
def test_what_waits_for_staff_without_days_is_open_whatever_its_year(day: date) -> None:
    request = WaitingRequest(UUID(int=8), CENTRE, "Marttaliitto", 2023, 10)
    asked = [WaitingProposals(None, 2024, [UUID(int=7)])]
    found = states(day, organisations=[], is_staff=True, requests=[request], waiting=asked)
    assert sorted(found) == [("hour_decisions", "open"), ("supplementary_request", "open")]


def test_tasks_come_by_their_last_days_and_those_without_one_at_the_end() -> None:
    known = [hours(100, 100)]
    windows = [window("proposal_round", date(2023, 9, 1), date(2023, 9, 30))]
    found = [task.kind for task in tasks_on(date(2023, 9, 5), windows=windows, hours=known)]
    assert found == ["hour_proposal", "hours_running_out"]
