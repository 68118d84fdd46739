"""Plans that were sent back and trainings without a cost statement lapse by the clock, each once."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app import worker
from app.db.connections import Connections
from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses
from app.settings import Settings
from tests.api.trainings import dying_worker
from tests.api.trainings.conftest import PATH, account, approved, plan, session, submitted
from tests.api.trainings.test_cost_statements import decide, sent
from tests.builders import FOREVER, Centre, Person
from tests.locks import another, until_one_waits
from tests.trainings import add_statement
from tests.triggers import trigger

Lapse = Callable[[], None]


@pytest.fixture
def lapse(database: Addresses, centre: Centre) -> Lapse:
    """What the worker does every minute."""
    return lambda: asyncio.run(dying_worker.main(database.service, str(centre.id)))


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def state(person: Person, path: str) -> str:
    return str(person.get(path).json()["state"])


def events(centre: Centre, event: str) -> list[dict[str, Any]]:
    return [facts for (facts,) in centre.rows("SELECT facts FROM outbox WHERE event = %s ORDER BY id", event)]


def statement(centre: Centre, path: str, state: str, *, answer_by: date | None = None) -> UUID:
    return add_statement(centre, UUID(id_of(path)), state, hours=6, answer_by=answer_by)


def test_a_plan_that_is_not_submitted_again_lapses_after_its_day(
    centre: Centre, manager: Person, staff: Person, unit: UUID, central: UUID, main_user: Person, lapse: Lapse
) -> None:
    path = submitted(manager, unit)
    sent_back = {"outcome": "sent_back", "reason": "Sisältö puuttuu", "answer_by": "2023-03-20"}
    assert staff.post(f"{path}/decision", sent_back).status_code == 200
    assert account(main_user, central)["reserved"] == 6
    centre.clock(2023, 3, 20, 23, 59, 59)
    lapse()
    assert state(manager, path) == "sent_back"
    centre.clock(2023, 3, 21)
    lapse()
    lapse()
    shown = manager.get(path).json()
    assert (shown["state"], shown["ended_at"], shown["ended_by"]) == ("lapsed", "2023-03-21T00:00:00+02:00", None)
    assert account(main_user, central)["reserved"] == 0
    (facts,) = events(centre, "training.lapsed")
    assert (facts["was"], facts["freed"], facts["year"]) == ("sent_back", 6, 2023)
    (entry,) = staff.get("/v1/audit-entries", params={"action": "training.lapsed"}).json()["items"]
    assert entry["actor"] == {"id": None, "kind": "service", "name": None}
    transfers = centre.rows("SELECT actor_id FROM hour_transfers WHERE kind = 'release' AND cause_id = %s", id_of(path))
    assert transfers == [(None,)]
    centre.check_ledger()


def test_a_plan_that_the_main_user_has_not_endorsed_lapses_from_the_day_after_the_last_day(
    centre: Centre, manager: Person, unit: UUID, central: UUID, main_user: Person, lapse: Lapse
) -> None:
    rules = {"kinds": ["central", "association"], "plans_through_main_user": True}
    assert main_user.put(f"/v1/organisations/{central}/training-rules", rules).status_code == 200
    path = submitted(manager, unit)
    assert state(manager, path) == "awaiting_main_user"
    centre.clock(2024, 1, 18, 23, 59, 59)
    lapse()
    assert state(manager, path) == "awaiting_main_user"
    centre.clock(2024, 1, 19)
    lapse()
    lapse()
    assert state(manager, path) == "lapsed"
    assert account(main_user, central)["reserved"] == 0
    (facts,) = events(centre, "training.lapsed")
    assert (facts["was"], facts["because"], facts["freed"]) == ("awaiting_main_user", "not_endorsed", 6)
    centre.check_ledger()


def test_a_training_without_a_statement_lapses_from_the_day_after_the_last_day(
    centre: Centre, manager: Person, staff: Person, unit: UUID, lapse: Lapse
) -> None:
    without = approved(manager, staff, unit)
    draft, waits, answerable, unanswered, decided, unsubsidised = (
        approved(manager, staff, unit, sessions=[session(f"2023-05-{day}")]) for day in range(10, 16)
    )
    statement(centre, draft, "draft")
    statement(centre, waits, "submitted")
    statement(centre, answerable, "sent_back", answer_by=date(2024, 1, 25))
    statement(centre, unanswered, "sent_back", answer_by=date(2023, 12, 1))
    statement(centre, decided, "rejected")
    centre.owner.execute("UPDATE trainings SET supported = false WHERE id = %s", [id_of(unsubsidised)])
    every = (without, draft, waits, answerable, unanswered, decided, unsubsidised)
    centre.clock(2024, 1, 18, 23, 59, 59)
    lapse()
    assert {state(staff, path) for path in every} == {"approved"}
    centre.clock(2024, 1, 19)
    lapse()
    lapsed = [path for path in every if state(staff, path) == "lapsed"]
    assert lapsed == [without, draft, unanswered]
    centre.clock(2024, 1, 26)
    lapse()
    lapse()
    assert [path for path in every if state(staff, path) == "lapsed"] == [without, draft, answerable, unanswered]
    assert len(events(centre, "training.lapsed")) == 4
    ended = events(centre, "cost-statement.lapsed")
    assert sorted(facts["training_id"] for facts in ended) == sorted(map(id_of, (draft, answerable, unanswered)))
    assert {facts["hours"] for facts in ended} == {6}
    states = "SELECT state, count(*) FROM cost_statements GROUP BY 1 ORDER BY 1"
    assert centre.rows(states) == [("lapsed", 3), ("rejected", 1), ("submitted", 1)]
    centre.check_ledger()


def test_an_extension_moves_the_last_day_and_without_a_confirmed_one_nothing_lapses(
    centre: Centre, manager: Person, staff: Person, unit: UUID, central: UUID, lapse: Lapse
) -> None:
    path = approved(manager, staff, unit)
    centre.owner.execute("UPDATE deadlines SET confirmed = false WHERE kind = 'cost_statement'")
    centre.clock(2024, 6, 1)
    lapse()
    assert state(staff, path) == "approved"
    centre.owner.execute("UPDATE deadlines SET confirmed = true WHERE kind = 'cost_statement'")
    [(deadline_id,)] = centre.rows("SELECT id FROM deadlines WHERE kind = 'cost_statement'")
    centre.owner.execute(
        "INSERT INTO deadline_extensions (id, deadline_id, organisation_id, closes_on, reason, made_by, made_at) "
        "VALUES (%s, %s, %s, '2024-06-30', 'Sairaus', %s, %s)",
        [new_id(), deadline_id, central, staff.id, FOREVER],
    )
    lapse()
    assert staff.get(path).json()["statement_last_on"] == "2024-06-30"
    assert state(staff, path) == "approved"
    centre.clock(2024, 7, 1)
    lapse()
    assert state(staff, path) == "lapsed"


def test_what_waits_for_staff_never_lapses(centre: Centre, manager: Person, unit: UUID, lapse: Lapse) -> None:
    waits = submitted(manager, unit)
    centre.clock(2030, 1, 1)
    lapse()
    assert state(manager, waits) == "submitted"


def test_an_open_change_ends_with_its_training(
    centre: Centre, manager: Person, staff: Person, unit: UUID, central: UUID, main_user: Person, lapse: Lapse
) -> None:
    path = approved(manager, staff, unit)
    change = {"sessions": [session(), session("2023-04-16")]}
    assert manager.post(f"{path}/changes", change).status_code == 201
    assert account(main_user, central)["reserved"] == 12
    centre.clock(2024, 1, 19)
    lapse()
    assert centre.rows("SELECT state FROM training_changes") == [("cancelled",)]
    assert account(main_user, central)["reserved"] == 0


def test_a_training_lapses_only_if_it_still_does_when_its_turn_comes(
    centre: Centre, manager: Person, staff: Person, unit: UUID, lapse: Lapse, database: Addresses
) -> None:
    path = submitted(manager, unit)
    sent_back = {"outcome": "sent_back", "reason": "Sisältö puuttuu", "answer_by": "2023-03-16"}
    assert staff.post(f"{path}/decision", sent_back).status_code == 200
    centre.clock(2023, 3, 17)
    with another(centre, database) as beside, ThreadPoolExecutor(1) as pool, beside.owner.transaction():
        beside.owner.execute("UPDATE trainings SET state = 'submitted' WHERE id = %s", [id_of(path)])
        lapsing = pool.submit(lapse)
        until_one_waits(centre)
        beside.owner.execute("UPDATE trainings SET answer_by = NULL WHERE id = %s", [id_of(path)])
    lapsing.result()
    assert state(manager, path) == "submitted"
    assert events(centre, "training.lapsed") == []


def test_a_training_whose_statement_is_reversed_after_the_last_day_lapses_without_hours(
    centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID, central: UUID, lapse: Lapse
) -> None:
    path = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    statement = sent(manager, path)
    assert decide(staff, statement).status_code == 200
    centre.clock(2024, 2, 1)
    assert staff.post("/v1/hour-pools/2023/closing").status_code == 200
    lapse()
    assert state(manager, path) == "approved"
    assert staff.post(f"{statement}/reversal", {"reason": "Väärä summa"}).status_code == 200
    lapse()
    lapse()
    assert state(manager, path) == "lapsed"
    (facts,) = events(centre, "training.lapsed")
    assert (facts["freed"], facts["because"]) == (0, "statement_reversed")
    assert manager.get(statement).json()["state"] == "reversed"
    shown = account(main_user, central)
    assert (shown["reserved"], shown["used"]) == (0, 0)
    centre.check_ledger()


def test_a_training_that_fails_does_not_keep_the_others_from_lapsing(
    centre: Centre, manager: Person, staff: Person, unit: UUID, lapse: Lapse, database: Addresses
) -> None:
    first, second = (approved(manager, staff, unit, sessions=[session(f"2023-05-{day}")]) for day in (10, 11))
    centre.clock(2024, 1, 19)
    fails = f"IF NEW.cause_id = '{id_of(first)}' THEN RAISE EXCEPTION 'broken'; END IF"
    with trigger(centre.owner, "hour_transfers", fails):
        lapse()
        assert [state(manager, path) for path in (first, second)] == ["approved", "lapsed"]
        # The job counts as failed, and looks again.
        assert not asyncio.run(run_lapsing(database))
    lapse()
    assert state(manager, first) == "lapsed"
    assert len(events(centre, "training.lapsed")) == 2


def many(manager: Person, staff: Person, unit: UUID, count: int) -> list[str]:
    """So many approved trainings of six hours."""
    body = plan(unit)
    first = str(manager.post(PATH, body).headers["Location"])
    days = [date(2023, 4, 1 + number).isoformat() for number in range(count - 1)]
    copies = manager.post(f"{first}/copies", {"starts_on": days})
    assert copies.status_code == 201, copies.text
    ids = [id_of(first), *(copy["id"] for copy in copies.json()["items"])]
    sent = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": ids})
    assert sent.status_code == 200, sent.text
    items = [{"training_id": training_id, "outcome": "approved"} for training_id in ids]
    assert staff.post("/v1/training-decisions", {"year": 2023, "items": items}).status_code == 200
    return ids


def test_workers_that_lapse_at_once_or_are_killed_lapse_each_training_once(
    centre: Centre,
    manager: Person,
    staff: Person,
    unit: UUID,
    central: UUID,
    main_user: Person,
    lapse: Lapse,
    database: Addresses,
) -> None:
    ids = many(manager, staff, unit, 20)
    assert account(main_user, central)["reserved"] == 120
    centre.clock(2024, 1, 19)

    def lapsed() -> int:
        return int(centre.rows("SELECT count(*) FROM trainings WHERE state = 'lapsed'")[0][0])

    command = [sys.executable, "-m", "tests.api.trainings.dying_worker", database.service, str(centre.id)]
    # Each posting takes long, so that the worker dies between the hours and the training's state.
    with trigger(centre.owner, "hour_transfers", "PERFORM pg_sleep(0.2)"):
        with subprocess.Popen(command) as process:
            try:
                until = time.monotonic() + 30
                while lapsed() < 3 and time.monotonic() < until:
                    time.sleep(0.01)
                time.sleep(0.1)
            finally:
                process.kill()
        assert 3 <= lapsed() < 20
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(lapse) for _ in range(2)]:
            done.result()
    assert lapsed() == 20
    assert len(events(centre, "training.lapsed")) == 20
    released = centre.rows("SELECT cause_id::text, sum(hours) FROM hour_transfers WHERE kind = 'release' GROUP BY 1")
    assert sorted(released) == sorted((training_id, 6) for training_id in ids)
    assert account(main_user, central)["reserved"] == 0
    centre.check_ledger()


def test_the_worker_looks_for_trainings_that_lapse(settings: Settings, database: Addresses, centre: Centre) -> None:
    centre.staff()
    assert worker.lapse_all in worker.mail_jobs(settings)
    assert asyncio.run(run_lapsing(database))


async def run_lapsing(database: Addresses) -> bool:
    connections = Connections(
        database.service, largest=1, idle_seconds=1, statement_timeout_ms=5_000, lock_timeout_ms=1_000
    )
    try:
        return await worker.run(worker.lapse_all, connections)
    finally:
        await connections.close()
