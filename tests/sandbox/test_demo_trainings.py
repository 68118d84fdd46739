"""The training courses of the demo data: possible by the rules, and in agreement with the ledger."""

from collections import Counter, defaultdict
from datetime import date
from typing import get_args

import pytest

from app.db.trainings.plans import PARTS
from app.db.trainings.strategies import targets_from
from app.domain.calendar.deadlines import day_of
from app.domain.trainings.cost_statements import StatementState
from app.domain.trainings.sessions import breakdown_of, check_sessions, ends_on_of, starts_on_of
from app.domain.trainings.strategies import StrategyContent, check_content
from app.domain.trainings.strategies import check_complete as check_complete_strategy
from app.domain.trainings.submissions import check_complete
from app.domain.trainings.trainings import PLAN_FIELDS, TrainingPlan, TrainingState
from app.domain.trainings.windows import plan_window_of
from app.sandbox.demo.loading import demo_data
from app.sandbox.demo.rows import Demo
from app.sandbox.demo.strategies import SECTIONS
from app.sandbox.demo.trainings import rules_of
from tests.sandbox import Sandbox

THIS_YEAR = 2026


@pytest.fixture(scope="module")
def demo() -> Demo:
    return demo_data(1, THIS_YEAR)


def test_plans_are_complete_and_their_hours_follow_from_their_sessions(demo: Demo) -> None:
    for row in demo.tables["trainings"]:
        # Most courses are made from no model.
        written = {"model_version_id": None} | row
        plan = TrainingPlan(
            **{name: PARTS[name](written[name]) if name in PARTS else written[name] for name in PLAN_FIELDS}
        )
        check_sessions(plan.sessions, row["year"])
        of_year = rules_of(row["year"]).of(row["hour_type"])
        if row["name"] != "Kokous ja kahvi":  # Staff accept its name in an example.
            check_complete(plan, row["hour_type"], of_year)
        assert breakdown_of(plan.sessions, plan.platform_hours).hours == row["hours"]
        assert (starts_on_of(plan.sessions), ends_on_of(plan.sessions)) == (row["starts_on"], row["ends_on"])
        if row["submitted_at"] and not row["exceptions"]:
            window = plan_window_of(row["starts_on"], of_year)
            assert window.opens_on <= day_of(row["submitted_at"]) <= window.closes_on, row["name"]


def test_the_hours_of_every_training_are_those_of_the_ledger(demo: Demo) -> None:
    hours: defaultdict[object, Counter[str]] = defaultdict(Counter)
    for posting in demo.postings:
        if posting.cause_type in ("training", "peer_group"):
            for cause, transfer in zip(posting.causes, posting.transfers, strict=True):
                hours[cause][transfer.kind] += transfer.hours
    trainings = {row["id"]: row for row in demo.tables["trainings"]}
    assert hours.keys() <= trainings.keys()
    more = {row["training_id"]: row["hours"] for row in demo.tables["training_changes"]}
    used = {row["training_id"]: row["used_hours"] for row in demo.tables["cost_statements"] if "used_hours" in row}
    for training_id, row in trainings.items():
        held = hours[training_id]
        planned = more.get(training_id, row["hours"]) if row["supported"] and row["state"] != "draft" else 0
        assert held["reservation"] == planned, row["name"]
        assert held["use"] == used.get(training_id, 0), row["name"]
        is_open = row["state"] in ("awaiting_main_user", "submitted", "sent_back", "approved")
        settled = not is_open or training_id in used
        assert held["use"] + held["release"] == (planned if settled else 0), row["name"]


def test_there_are_plans_and_statements_in_nearly_every_state(demo: Demo) -> None:
    trainings, statements = demo.tables["trainings"], demo.tables["cost_statements"]
    assert {row["state"] for row in trainings} >= {*get_args(TrainingState)} - {"withdrawn", "lapsed"}
    assert {row["state"] for row in statements} >= {*get_args(StatementState)} & {
        *("draft", "submitted", "approved", "sent_back"),
    }
    assert [row["needs_reason"] for row in statements if row["needs_reason"]] == [["late"]]
    assert [row["name"] for row in trainings if not row["supported"]] == [
        "Neulojan yö",
        "Neulekurssin ohjaaja, maaliskuu",
        "Neulekurssin ohjaaja, toukokuu",
    ]


def test_there_are_courses_to_come_at_any_time_of_the_present_year(demo: Demo) -> None:
    approved = [row for row in demo.tables["trainings"] if (row["year"], row["state"]) == (THIS_YEAR, "approved")]
    for month in range(1, 13):
        assert sum(row["ends_on"] >= date(THIS_YEAR, month, 1) for row in approved) >= 5
        assert sum(row["starts_on"] >= date(THIS_YEAR, month, 1) for row in approved) >= 3 or month > 11


def test_support_follows_the_rules_that_every_study_centre_begins_with(sandbox: Sandbox) -> None:
    loaded = sandbox.rows("SELECT year, revision, training FROM support_rules WHERE year BETWEEN 2022 AND 2025")
    for year, revision, training in loaded:
        rules = rules_of(year)
        figures = rules.revision, rules.training.rate_cents, rules.training.share_percent
        assert figures == (revision, training["rate_cents"], training["share_percent"])
        assert {*rules.training.eligible_costs} <= {*training["eligible_costs"]}


def test_the_figures_are_those_of_the_ledger(sandbox: Sandbox) -> None:
    sandbox.reset()
    assert sandbox.rows("SELECT * FROM training_figures_astray") == []
    assert sandbox.rows("SELECT count(*) > 500 FROM training_figures") == [(True,)]
    assert sandbox.rows("SELECT sum(used_hours) FROM training_figures") == sandbox.rows(
        "SELECT sum(used) FROM hour_balances"
    )


def test_the_follow_up_of_a_strategy_has_the_figures_of_the_statistics(sandbox: Sandbox) -> None:
    sandbox.reset()
    main_user = sandbox.person("paakayttaja@example.org").client
    [strategy] = main_user.get("/v1/training-strategies", params={"state": "in_force"}).json()["items"]
    path = f"/v1/training-strategies/{strategy['id']}/follow-ups/2022"
    copied = main_user.get(path)
    again = main_user.put(path, json={"summary": "Sama vuosi"}, headers={"If-Match": copied.headers["ETag"]})
    assert again.status_code == 200, again.text
    figures = [[target["figure"] for target in answer.json()["targets"]] for answer in (copied, again)]
    assert figures[0] == figures[1]
    assert min(figures[0][:2]) > 0


def test_strategies_are_complete_and_their_revisions_are_what_they_say(demo: Demo) -> None:
    for row in demo.tables["training_strategies"]:
        sections = {name: row[name] for name in ("first_year", "last_year", *SECTIONS)}
        content = StrategyContent(**sections, targets=targets_from(row["targets"]))
        check_content(content)
        check_complete_strategy(content)
        revisions = [each for each in demo.tables["training_strategy_revisions"] if each["strategy_id"] == row["id"]]
        assert [revision["number"] for revision in revisions] == list(range(1, row.get("revision", 0) + 1))
        assert all(revision["content"] == sections | {"targets": row["targets"]} for revision in revisions[-1:])
