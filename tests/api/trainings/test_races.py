"""Plans that want the same hours at the same time, and what else moves hours meanwhile (promises L4)."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, lapse
from app.local.embedded_postgres import Addresses
from tests.api.hours.test_races import LAST_HOURS, MANY, check_refusals, send_at_once
from tests.api.trainings.conftest import PATH, account, added, approved, session, submitted
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

ONE_HOUR = [session(begins="10:00", ends="10:45", break_minutes=0)]


@pytest.fixture
def second(centre: Centre, database: Addresses) -> Iterator[Centre]:
    with another(centre, database) as second:
        yield second


def copies_of(centre: Centre, path: str, number: int) -> list[str]:
    """The paths of so many drafts like this one."""
    columns = ", ".join(
        name
        for (name,) in centre.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'trainings'")
        if name not in ("id", "reference", "study_centre_id")
    )
    ids = [new_id() for _ in range(number)]
    with centre.owner.cursor() as cursor:
        statement = f"INSERT INTO trainings (id, {columns}) SELECT %s, {columns} FROM trainings WHERE id = %s"
        cursor.executemany(statement, [(each, path.rpartition("/")[2]) for each in ids])
    return [f"{PATH}/{each}" for each in ids]


def ids_of(paths: list[str]) -> list[str]:
    return [path.rpartition("/")[2] for path in paths]


@pytest.mark.long
def test_five_hundred_plans_get_the_last_hundred_hours(
    centre: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID
) -> None:
    """40 of them are in the unit's allotment, and 60 are common."""
    centre.post(2023, distribution(central, unit, 40), distribution(central, centre.organisation(central), 400))
    paths = copies_of(centre, added(manager, unit, sessions=ONE_HOUR), MANY)
    answers = send_at_once(manager, [(f"{path}/submission", None, path) for path in paths])
    assert Counter(answer.status_code for answer in answers) == {200: LAST_HOURS, 409: MANY - LAST_HOURS}
    losers = [answer for answer in answers if answer.status_code == 409]
    check_refusals(losers, "quota-exceeded")
    left = {(answer.json()["allotment_available"], answer.json()["common_available"]) for answer in losers}
    assert left == {(0, 0)}
    assert account(main_user, unit)["reserved"] == 40
    assert centre.rows("SELECT organisation_id, reserved FROM hour_balances WHERE reserved > 0 ORDER BY 2") == [
        (unit, 40),
        (central, 60),
    ]
    states = centre.rows("SELECT state, count(*) FROM trainings GROUP BY 1 ORDER BY 1")
    assert states == [("draft", MANY + 1 - LAST_HOURS), ("submitted", LAST_HOURS)]
    assert centre.rows(
        "SELECT count(DISTINCT cause_id), sum(hours) FROM hour_transfers WHERE kind = 'reservation'"
    ) == [(LAST_HOURS, LAST_HOURS)]


def test_the_last_hours_are_wanted_by_two(
    centre: Centre, second: Centre, manager: Person, central: UUID, unit: UUID
) -> None:
    centre.post(2023, distribution(central, unit, 4), distribution(central, centre.organisation(central), 494))
    paths = [added(manager, unit) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        with second.owner.transaction():
            second.owner.execute("SELECT FROM hour_balances FOR UPDATE")
            sending = [threads.submit(manager.post, f"{path}/submission") for path in paths]
            until_one_waits(centre, 2)
        answers = sorted((each.result() for each in sending), key=lambda answer: answer.status_code)
    assert answers[0].status_code == 200
    assert refusal(answers[1]) == (409, "quota-exceeded")
    assert answers[1].json()["available"] == 0


def test_a_plan_that_fits_in_its_turn_is_not_refused_for_the_allotment_that_another_took(
    centre: Centre, second: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID
) -> None:
    centre.post(2023, distribution(central, unit, 8), distribution(central, centre.organisation(central), 488))
    paths = [added(manager, unit) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        with second.owner.transaction():
            second.owner.execute("SELECT FROM hour_balances FOR UPDATE")
            sending = [threads.submit(manager.post, f"{path}/submission") for path in paths]
            until_one_waits(centre, 2)
        assert [each.result().status_code for each in sending] == [200, 200]
    assert account(main_user, unit)["reserved"] == 8
    assert centre.rows("SELECT sum(reserved)::int FROM hour_balances") == [(12,)]


def test_a_hundred_copies_of_one_submission_have_one_effect(
    centre: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID
) -> None:
    path = added(manager, unit)
    answers = send_at_once(manager, [(f"{path}/submission", None, "one-key")] * 100)
    done = [answer for answer in answers if answer.status_code == 200]
    assert {answer.content for answer in done} == {done[0].content}
    assert {refusal(answer) for answer in answers if answer.status_code != 200} <= {(409, "request-in-progress")}
    assert account(main_user, central)["reserved"] == 6
    assert centre.rows("SELECT count(*) FROM audit_entries WHERE action = 'training.submitted'") == [(1,)]


def test_a_replay_after_the_window_has_closed_gets_the_first_response(
    centre: Centre, manager: Person, unit: UUID
) -> None:
    path, other = added(manager, unit), added(manager, unit)
    batch = {"year": 2023, "training_ids": ids_of([other])}
    first = manager.post(f"{path}/submission", key="one")
    first_batch = manager.post("/v1/training-submissions", batch, key="two")
    # Past the plan window, which closes on 14 April.
    centre.clock(2023, 4, 15, 9)
    late = added(manager, unit)
    assert refusal(manager.post(f"{late}/submission")) == (409, "plan-window-closed")
    for replay, before in (
        (manager.post(f"{path}/submission", key="one"), first),
        (manager.post("/v1/training-submissions", batch, key="two"), first_batch),
    ):
        assert (replay.status_code, replay.content) == (200, before.content)
        assert replay.headers["Idempotency-Replayed"] == "true"
    assert refusal(manager.post(f"{path}/submission", key="three")) == (409, "wrong-state")


def test_a_closing_waits_for_a_submission_and_counts_it(
    centre: Centre, second: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    path = submitted(manager, unit)
    sent_back = {"outcome": "sent_back", "reason": "Lisää tunteja."}
    assert staff.post(f"{path}/decision", sent_back).status_code == 200
    assert manager.patch(path, {"platform_hours": 4}).status_code == 200
    centre.owner.execute("UPDATE deadlines SET closes_on = '2023-03-01' WHERE kind = 'cost_statement'")
    with ThreadPoolExecutor(2) as threads:
        with second.owner.transaction():
            second.owner.execute("SELECT FROM hour_balances FOR UPDATE")
            sending = threads.submit(manager.post, f"{path}/submission")
            until_one_waits(centre)
            closing = threads.submit(staff.post, "/v1/hour-pools/2023/closing")
            until_one_waits(centre, 2)
        assert sending.result().status_code == 200
        refused = closing.result()
    assert refusal(refused) == (409, "wrong-state")
    assert [(each["id"], each["hours"]) for each in refused.json()["trainings"]] == [(ids_of([path])[0], 10)]


def test_a_submission_waits_for_a_closing(
    centre: Centre, second: Centre, manager: Person, central: UUID, unit: UUID
) -> None:
    path = added(manager, unit)
    with ThreadPoolExecutor(1) as thread:
        with second.owner.transaction():
            second.owner.execute("SELECT FROM lock_hour_year(2023::smallint)")
            sending = thread.submit(manager.post, f"{path}/submission")
            until_one_waits(centre)
            second.post(2023, lapse(central, central, 500))
            second.owner.execute("SELECT close_hour_year(2023::smallint, now())")
        assert refusal(sending.result()) == (409, "year-closed")
    assert manager.get(path).json()["state"] == "draft"


@pytest.mark.long
def test_batches_single_plans_distributions_decisions_and_closings_do_not_deadlock(
    centre: Centre, staff: Person, main_user: Person, central: UUID
) -> None:
    """Each takes its locks in the same order: nothing is refused but for hours, states and what others do."""
    centre.change_window()
    others = [staff, centre.staff()]
    units = [centre.organisation(central) for _ in range(3)]
    centre.post(2023, *(distribution(central, unit, 20) for unit in units))
    drafts = [added(main_user, unit, sessions=ONE_HOUR) for unit in units]
    paths = [path for draft in drafts for path in copies_of(centre, draft, 60)]
    lots = [paths[number::9] for number in range(9)]
    distribution_path = f"/v1/organisations/{central}/hour-distribution/2023"

    def batch(lot: list[str]) -> int:
        body = {"year": 2023, "training_ids": ids_of(lot)}
        return main_user.post("/v1/training-submissions", body).status_code

    def one_by_one(lot: list[str]) -> int:
        return max(main_user.post(f"{path}/submission").status_code for path in lot)

    def decide(lot: list[str]) -> int:
        items = [{"training_id": each, "outcome": "rejected", "reason": "Ei"} for each in reversed(ids_of(lot))]
        codes = [
            others[0].post("/v1/training-decisions", {"year": 2023, "items": items}).status_code,
            others[1].post(f"{lot[0]}/decision", {"outcome": "approved"}).status_code,
            main_user.post(f"{lot[-1]}/withdrawal").status_code,
        ]
        return max(codes)

    def distribute(hours: int) -> int:
        etag = main_user.get(distribution_path).headers["ETag"]
        wished = [{"unit_id": str(unit), "hours": 20 + hours} for unit in reversed(units)]
        return main_user.put(distribution_path, {"units": wished}, headers={"If-Match": etag}).status_code

    def close(_: int) -> int:
        return staff.post("/v1/hour-pools/2023/closing").status_code

    tasks: list[tuple[Any, Any]] = [(batch, lot) for lot in lots[:3]]
    tasks += [(batch, list(reversed(lot))) for lot in lots[:3]]
    tasks += [(one_by_one, lot) for lot in lots[3:9]]
    tasks += [(decide, lot) for lot in lots]
    tasks += [(distribute, hours) for hours in range(8)]
    tasks += [(close, turn) for turn in range(4)]
    # Mixed, the same every time.
    tasks = [tasks[index * 7 % len(tasks)] for index in range(len(tasks))] if len(tasks) % 7 else tasks
    with ThreadPoolExecutor(16) as threads:
        codes = Counter(threads.map(lambda task: task[0](task[1]), tasks))
    assert set(codes) <= {200, 409, 412}, codes
    held = centre.rows(
        "SELECT (SELECT sum(reserved)::int FROM hour_balances), (SELECT sum(hours)::int FROM trainings "
        "WHERE state IN ('submitted', 'approved'))"
    )
    assert held[0][0] == (held[0][1] or 0)


def test_dry_runs_of_plans_write_nothing(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    draft, waiting = added(manager, unit), submitted(manager, unit)
    course, altered = approved(manager, staff, unit), approved(manager, staff, unit)
    manager.post(f"{altered}/changes", {"sessions": [session(), session("2023-04-22")]})
    for_main_user = submitted(manager, unit)
    centre.owner.execute(
        "UPDATE trainings SET state = 'awaiting_main_user' WHERE id = %s", [for_main_user.rpartition("/")[2]]
    )
    (change,) = manager.get(f"{altered}/changes").json()["items"]
    change_path = f"{altered}/changes/{change['id']}"
    one = ids_of([draft])
    tables = ("trainings", "training_changes", "hour_transfers", "hour_balances", "audit_entries", "outbox")

    def dump() -> list[Any]:
        return [centre.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables if table != "hour_balances"] + [
            centre.rows("SELECT * FROM hour_balances ORDER BY organisation_id, year, hour_type")
        ]

    before = dump()
    because = {"reason": "Näin"}
    answers = [
        manager.post(PATH, {"organisation_id": str(unit), "year": 2023, "name": "Uusi"}, params=DRY),
        manager.patch(draft, {"name": "Toinen"}, params=DRY),
        manager.patch(course, {"planned_participants": 9}, params=DRY),
        manager.post(f"{draft}/copies", {"starts_on": ["2023-09-02"]}, params=DRY),
        manager.post(f"{draft}/submission", params=DRY),
        manager.post("/v1/training-submissions", {"year": 2023, "training_ids": one}, params=DRY),
        manager.post(f"{draft}/withdrawal", params=DRY),
        manager.post(f"{waiting}/withdrawal", params=DRY),
        manager.post(f"{course}/cancellation", because, params=DRY),
        manager.post(f"{course}/changes", {"sessions": [session(), session("2023-04-22")]}, params=DRY),
        manager.post(f"{change_path}/withdrawal", params=DRY),
        staff.post(f"{change_path}/decision", {"outcome": "approved"}, params=DRY),
        staff.post(f"{change_path}/decision", {"outcome": "rejected", **because}, params=DRY),
        main_user.post(f"{for_main_user}/endorsement", {"outcome": "endorsed"}, params=DRY),
        main_user.post(f"{for_main_user}/endorsement", {"outcome": "rejected", **because}, params=DRY),
        *(
            staff.post(f"{waiting}/decision", {"outcome": outcome, **because}, params=DRY)
            for outcome in ("approved", "sent_back", "rejected")
        ),
        staff.post(
            "/v1/training-decisions",
            {"year": 2023, "items": [{"training_id": ids_of([waiting])[0], "outcome": "rejected", **because}]},
            params=DRY,
        ),
        staff.post(
            f"{draft}/exceptions", {"rule": "plan_window", "until": "2023-04-20", "reason": "Sairaus"}, params=DRY
        ),
    ]
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    assert dump() == before
    # A dry run of a plan that does not fit is refused as the plan would be.
    centre.post(2023, distribution(central, centre.organisation(central), 500 - 6 * 5))
    assert refusal(manager.post(f"{draft}/submission", params=DRY)) == (409, "quota-exceeded")


DRY = {"validate_only": "true"}
