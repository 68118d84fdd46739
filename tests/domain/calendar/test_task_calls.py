"""Each kind of task names a call that exists."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from app.domain.calendar.model_tasks import ModelAction, ModelTaskKind
from app.domain.calendar.pending_actions import PendingAction
from app.domain.calendar.task_facts import OwnProposal, OwnStrategy, WaitingProposals, WaitingRequest
from app.domain.calendar.tasks import NamedOrganisation, Task, TaskKind
from app.domain.calendar.training_tasks import TrainingAction, TrainingTaskKind
from tests.domain.calendar.test_tasks import CENTRE, ROUND, UNIT, UNITS, hours, statement_of, tasks_on, window

DOCUMENT = json.loads(Path("openapi/openapi.json").read_text(encoding="utf-8"))
ACTION = UUID(int=7)
DETAILS: dict[TaskKind, str | None] = {
    "role_application": "training_manager",
    "main_user_application_draft": None,
    "main_user_application_to_sign": "ab" * 32,
    "signature_to_match": "applicant",
    "main_user_application": None,
    "signatory": None,
    "bank_account_change": None,
    "payment_account_change": None,
    "allotment_request": "-40",
    "badge_decision": None,
    "badge_acceptance": None,
    "onboarding": "inducted_on,service_known_on",
}


def action(kind: TaskKind, **more: Any) -> PendingAction:
    return replace(
        PendingAction(kind, ACTION, CENTRE, "Marttaliitto", UUID(int=8), DETAILS[kind], None, "Aino Aalto"), **more
    )


def training_actions() -> Iterator[TrainingAction]:
    for kind in get_args(TrainingTaskKind):
        yield replace(statement_of(), kind=kind, part_id=ACTION)
    yield statement_of()
    for state in ("draft", "sent_back"):
        yield replace(statement_of(), part_id=ACTION, part_state=state)


def model_actions() -> Iterator[ModelAction]:
    for kind in get_args(ModelTaskKind):
        yield ModelAction(kind, ACTION, "Talous", CENTRE, "Marttaliitto", ACTION, 2, "organisation")
    yield ModelAction("training_model_turn", ACTION, "Talous", CENTRE, "Marttaliitto", ACTION, 2, "study_centre")


def all_tasks() -> Iterator[Task]:
    day = date(2023, 10, 15)
    windows = [
        window("proposal_round", *ROUND),
        window("unit_proposals", *ROUND),
        window("unit_proposals", *ROUND, of=UNIT),
        window("change_window", day, day, year=2023),
        window("data_confirmation", day, day, year=2023),
        window("strategy_follow_up", day, day, year=2022),
        window("decision_period", *ROUND, of=None),
    ]
    waiting = [WaitingProposals(CENTRE, 2024, [UUID(int=3)]), WaitingProposals(None, 2024, [UUID(int=4)])]
    strategy = OwnStrategy(UUID(int=9), CENTRE, 2022, 2024, frozenset())
    draft = OwnProposal(UUID(int=5), CENTRE, 2024, "draft", None)
    for proposals in ([], [draft], [replace(draft, state="submitted")]):
        yield from tasks_on(day, windows=windows, waiting=waiting, proposals=proposals, strategies=[strategy])
    yield from tasks_on(day, organisations=[UNITS], windows=windows)
    for in_use in (10, 90):
        yield from tasks_on(day, windows=windows, hours=[hours(100, in_use)])
        yield from tasks_on(day, windows=[], hours=[hours(100, in_use)])
    yield from tasks_on(date(2023, 1, 20), hours=[hours(100, 0, is_distributed=False)])
    request = WaitingRequest(UUID(int=6), CENTRE, "Marttaliitto", 2023, 10)
    yield from tasks_on(
        day,
        organisations=[],
        windows=windows,
        is_staff=True,
        waiting=waiting,
        requests=[request],
        without_main_user=[NamedOrganisation(CENTRE, "Marttaliitto")],
        mail_obstacle="tls",
        lacks_reader=True,
        holds_role=False,
        is_verified=False,
        pending_actions=[action(kind) for kind in DETAILS],
        training_actions=list(training_actions()),
        model_actions=list(model_actions()),
    )


# Their own order follows from random IDs, and the processes that run the tests are to find the same tests.
TASKS = sorted(all_tasks(), key=lambda task: task.kind)


def operation_of(method: str, path: str) -> dict[str, Any]:
    found = [
        operations[method.lower()]
        for template, operations in DOCUMENT["paths"].items()
        if method.lower() in operations
        and re.fullmatch(re.sub(r"\{\w+\}", r"(?:[0-9a-f-]{36}|[0-9]{1,4})", template), path)
    ]
    (operation,) = found
    return dict(operation)


def schema_of(operation: dict[str, Any]) -> dict[str, Any]:
    (content,) = operation["requestBody"]["content"].values()
    schema = content["schema"]
    (name,) = [s["$ref"] for s in [schema, *schema.get("anyOf", [])] if "$ref" in s]
    return dict(DOCUMENT["components"]["schemas"][name.rpartition("/")[2]])


def test_every_kind_is_tested() -> None:
    assert {task.kind for task in TASKS} == set(get_args(TaskKind))


@pytest.mark.parametrize("kind", get_args(TaskKind))
def test_the_call_and_its_body_are_in_the_document(kind: TaskKind) -> None:
    calls = [task.call for task in TASKS if task.kind == kind]
    for call in calls:
        operation = operation_of(call.method, call.path)
        if call.body is not None:
            schema = schema_of(operation)
            assert call.body.keys() <= schema["properties"].keys()
            if call.method == "POST":
                assert set(schema.get("required", ())) <= call.body.keys(), call.path


def test_an_application_to_sign_has_a_last_day() -> None:
    expires_at = datetime(2023, 10, 19, 21, tzinfo=UTC)
    (task,) = tasks_on(
        date(2023, 10, 19),
        organisations=[],
        pending_actions=[action("main_user_application_to_sign", expires_at=expires_at)],
    )
    assert (task.closes_on, task.state) == (date(2023, 10, 19), "open")


@pytest.mark.parametrize(
    ("day", "confirmed", "state"),
    [
        (date(2023, 1, 28), False, None),
        (date(2023, 1, 29), False, "upcoming"),
        (date(2023, 5, 1), False, "open"),
        (date(2023, 5, 31), False, "open"),
        (date(2023, 6, 1), False, "late"),
        (date(2023, 7, 30), False, "late"),
        (date(2023, 7, 31), False, None),
        (date(2023, 5, 2), True, "done"),
        (date(2023, 6, 1), True, None),
    ],
)
def test_data_are_confirmed_in_their_days(day: date, confirmed: bool, state: str | None) -> None:
    windows = [window("data_confirmation", date(2023, 5, 1), date(2023, 5, 31), year=2023)]
    own = frozenset({(CENTRE, 2023)} if confirmed else ())
    found = [(task.kind, task.state) for task in tasks_on(day, windows=windows, confirmed=own, person_id=ACTION)]
    assert found == ([("data_confirmation", state)] if state else [])


def test_units_confirm_nothing() -> None:
    windows = [window("data_confirmation", date(2023, 5, 1), date(2023, 5, 31), year=2023, of=UNIT)]
    assert tasks_on(date(2023, 5, 2), organisations=[UNITS], windows=windows) == []
