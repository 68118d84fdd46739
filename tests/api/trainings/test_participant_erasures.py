"""`/v1/participant-searches`, `/v1/participant-erasures`, and what the worker makes anonymous."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app import worker
from app.db.trainings.participant_counts import counts_of_rows
from app.domain.calendar.deadlines import HELSINKI
from app.domain.trainings.participants import ParticipantCounts
from app.local.embedded_postgres import Addresses
from app.services.trainings.anonymising import anonymise_due
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits
from tests.trainings import add_statement, add_training, participant_reader

SEARCHES, ERASURES = "/v1/participant-searches", "/v1/participant-erasures"
AINO: dict[str, Any] = {"name": "Aino", "email": "Aino@Example.org", "gender": "female", "under_age": False}
ERASURE = {"email": "AINO@example.org", "reason": "Pyyntö 12.3."}


def add(person: Person, training: UUID, *participants: dict[str, Any]) -> list[str]:
    answers = [person.post(f"/v1/trainings/{training}/participants", each) for each in participants]
    assert [answer.status_code for answer in answers] == [201] * len(answers)
    return [answer.headers["Location"] for answer in answers]


@pytest.fixture
def trainings(centre: Centre, central: UUID) -> list[UUID]:
    unit = centre.organisation(central)
    return [add_training(centre, central), add_training(centre, unit)]


@pytest.fixture
def anonymise(database: Addresses, centre: Centre) -> Callable[[], int]:
    def run() -> int:
        async def once() -> int:
            options = f"-c app.study_centre_id={centre.id}"
            async with await psycopg.AsyncConnection.connect(
                database.service, options=options, autocommit=True
            ) as connection:
                return await anonymise_due(connection)

        return asyncio.run(once())

    return run


def counts(database: Addresses, centre: Centre, training: UUID) -> ParticipantCounts | None:
    async def ask() -> ParticipantCounts | None:
        options = f"-c app.study_centre_id={centre.id}"
        async with await psycopg.AsyncConnection.connect(database.service, options=options) as connection:
            return await counts_of_rows(connection, training)

    return asyncio.run(ask())


def tokens(centre: Centre, training: UUID) -> list[bytes | None]:
    return [
        row[0]
        for row in centre.rows("SELECT token FROM training_participants WHERE training_id = %s ORDER BY id", training)
    ]


def test_a_main_user_finds_the_participants_of_the_own_tree(
    centre: Centre, central: UUID, trainings: list[UUID], main_user: Person
) -> None:
    for training in trainings:
        add(main_user, training, AINO, {"name": "Bo", "email": "bo@example.org"})
    other = centre.organisation()
    add(centre.main_user(other), add_training(centre, other), AINO)
    answer = main_user.post(SEARCHES, {"email": "aino@EXAMPLE.org"})
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [each["training_id"] for each in items] == [str(training) for training in reversed(trainings)]
    assert items[1] == AINO | {
        "id": items[1]["id"],
        "training_id": str(trainings[0]),
        "hour_type": "training",
        "training_name": "Kurssi",
        "organisation_id": str(central),
        "organisation_name": items[1]["organisation_name"],
        "year": 2023,
        "created_at": "2023-03-15T12:00:00+02:00",
    }
    assert len(participant_reader(centre).post(SEARCHES, {"email": "aino@example.org"}).json()["items"]) == 3
    assert main_user.post(SEARCHES, {"email": "cai@example.org"}).json() == {"items": []}
    audit = centre.rows("SELECT facts FROM audit_entries WHERE action = 'participants.searched' ORDER BY id")
    assert audit == [({"found": 2},), ({"found": 3},), ({"found": 0},)]


def test_others_find_and_erase_nobody(centre: Centre, central: UUID) -> None:
    for person in (
        centre.staff(),
        centre.person("auditor"),
        centre.person("unit_manager", centre.organisation(central)),
        centre.person("training_manager", central),
        centre.person(),
    ):
        assert refusal(person.post(SEARCHES, {"email": "aino@example.org"})) == (403, "forbidden")
        assert refusal(person.post(ERASURES, ERASURE)) == (403, "forbidden")


def test_an_erasure_makes_the_rows_anonymous_and_keeps_the_figures(
    database: Addresses, centre: Centre, trainings: list[UUID], main_user: Person
) -> None:
    ones = [add(main_user, training, AINO, {"name": "Bo", "under_age": True})[0] for training in trainings]
    other = centre.organisation()
    [kept] = add(leader := centre.main_user(other), add_training(centre, other), AINO)
    add_statement(centre, trainings[0], "submitted")
    answer = main_user.post(ERASURES, ERASURE)
    assert answer.status_code == 200
    assert answer.json() == {"participants": 2, "trainings": 2, "erased_at": "2023-03-15T12:00:00+02:00"}
    for one in ones:
        shown = main_user.get(one).json()
        assert (shown["name"], shown["email"], shown["gender"]) == (None, None, "female")
        assert shown["anonymised_at"] == "2023-03-15T12:00:00+02:00"
    assert leader.get(kept).json()["name"] == "Aino"
    assert counts(database, centre, trainings[0]) == ParticipantCounts(1, 1, 1, 0, 0)
    assert tokens(centre, trainings[0])[0] == tokens(centre, trainings[1])[0] is not None
    assert main_user.post(SEARCHES, {"email": "aino@example.org"}).json() == {"items": []}
    again = main_user.post(ERASURES, ERASURE).json()
    assert (again["participants"], again["trainings"]) == (0, 0)
    refused = main_user.patch(ones[1], {"name": "Aino"}), main_user.delete(ones[1])
    assert {(refusal(each), each.json()["state"]) for each in refused} == {((409, "wrong-state"), "anonymised")}
    add(main_user, trainings[1], AINO)


def test_no_record_of_an_erasure_has_the_address(centre: Centre, trainings: list[UUID], main_user: Person) -> None:
    add(main_user, trainings[0], AINO)
    main_user.post(SEARCHES, {"email": "aino@example.org"}, key="search")
    main_user.post(ERASURES, ERASURE)
    [(reason, facts)] = centre.rows(
        "SELECT reason, facts FROM audit_entries WHERE action = 'training-participants.erased'"
    )
    assert (reason, facts["participants"]) == ("Pyyntö 12.3.", 1)
    for table in ("audit_entries", "outbox", "stored_answers", "training_participants"):
        [(written,)] = centre.rows(f"SELECT string_agg(t::text, ' ') FROM {table} t")
        assert "aino" not in written.lower(), table
        # What is stored of answers is bytes.
        assert b"aino".hex() not in written.lower(), table
        assert b"Aino".hex() not in written.lower(), table


def test_a_repeated_request_does_not_have_what_was_erased(
    centre: Centre, trainings: list[UUID], main_user: Person
) -> None:
    path = f"/v1/trainings/{trainings[0]}/participants"
    repeated = {"Idempotency-Key": "twice"}
    added = main_user.post(path, AINO, key="once")
    one, etag = added.headers["Location"], added.headers["ETag"]
    changed = main_user.patch(one, {"gender": "other"}, etag=etag, headers=repeated)
    again = main_user.post(path, AINO, key="once")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.headers["Location"], again.json()) == (201, one, changed.json())
    assert again.headers["ETag"] == changed.headers["ETag"]
    assert main_user.patch(one, {"gender": "other"}, etag=etag, headers=repeated).json() == changed.json()
    assert main_user.post(ERASURES, ERASURE).json()["participants"] == 1
    for answer in (
        main_user.post(path, AINO, key="once"),
        main_user.patch(one, {"gender": "other"}, etag=etag, headers=repeated),
    ):
        shown = answer.json()
        assert answer.headers["Idempotency-Replayed"] == "true"
        assert (shown["id"], shown["name"], shown["email"]) == (added.json()["id"], None, None)
        assert shown == main_user.get(one).json()
    assert centre.rows("SELECT count(*) FROM training_participants") == [(1,)]
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.post(path, AINO, key="once")) == (404, "not-found")


def test_a_repeated_request_does_not_have_who_was_removed(trainings: list[UUID], main_user: Person) -> None:
    path = f"/v1/trainings/{trainings[0]}/participants"
    one = main_user.post(path, AINO, key="once").headers["Location"]
    assert main_user.delete(one).status_code == 204
    assert refusal(main_user.post(path, AINO, key="once")) == (404, "not-found")


def test_a_reason_does_not_have_the_address(main_user: Person) -> None:
    answer = main_user.post(ERASURES, ERASURE | {"reason": "Poistetaan aino@EXAMPLE.org"})
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/reason", "address-in-reason")
    ]


def test_participants_of_old_years_become_anonymous_and_stay_distinct(
    database: Addresses,
    centre: Centre,
    central: UUID,
    trainings: list[UUID],
    main_user: Person,
    anonymise: Callable[[], int],
) -> None:
    later = add_training(centre, central, starts_at=datetime(2024, 3, 1, 10, tzinfo=HELSINKI))
    bo = {"name": "Bo", "email": "bo@example.org", "gender": "male", "under_age": True}
    for training in (*trainings, later):
        add(main_user, training, AINO, bo, {"name": "Cai"}, {"name": "Didi"})
    before = counts(database, centre, trainings[0])
    centre.clock(2025, 12, 31, 23, 59, 59)
    assert anonymise() == 0
    centre.clock(2026, 1, 1)
    with ThreadPoolExecutor(3) as pool:
        assert sorted(done.result() for done in [pool.submit(anonymise) for _ in range(3)]) == [0, 0, 8]
    assert counts(database, centre, trainings[0]) == before == ParticipantCounts(3, 1, 1, 1, 0)
    first, second = (tokens(centre, training) for training in trainings)
    assert first == second
    assert first[0] != first[1]
    assert first[2:] == [None, None]
    names = centre.rows("SELECT count(*) FROM training_participants WHERE name IS NOT NULL OR email IS NOT NULL")
    assert names == [(4,)]
    audit = centre.rows("SELECT actor_id, facts FROM audit_entries WHERE action = 'participants.anonymised'")
    assert audit == [(None, {"year": 2023, "participants": 8})]
    answer = main_user.post(f"/v1/trainings/{trainings[0]}/participants", AINO)
    assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "anonymised")
    centre.clock(2027, 1, 1)
    assert anonymise() == 4
    assert not set(tokens(centre, later)[:2]) & set(first)


def test_years_become_anonymous_one_by_one_and_others_go_on_meanwhile(
    database: Addresses,
    centre: Centre,
    central: UUID,
    trainings: list[UUID],
    main_user: Person,
    anonymise: Callable[[], int],
) -> None:
    """The second year waits for someone: the first is done, and nobody waits for the study centre."""
    later = add_training(centre, central, starts_at=datetime(2024, 3, 1, 10, tzinfo=HELSINKI))
    for training in (*trainings, later):
        add(main_user, training, AINO)
    centre.clock(2027, 1, 1)
    with another(centre, database) as beside, ThreadPoolExecutor(1) as pool, beside.owner.transaction():
        beside.owner.execute("SELECT FROM training_participants WHERE training_id = %s FOR UPDATE", [later])
        job = pool.submit(anonymise)
        until_one_waits(centre)
        named = "SELECT t.year FROM training_participants p JOIN trainings t ON t.id = p.training_id WHERE p.name <> ''"
        assert centre.rows(named) == [(2024,)]
        centre.rows("SELECT id FROM study_centres FOR UPDATE NOWAIT")
    assert job.result() == 3
    assert centre.rows(named) == []


def test_an_erasure_and_the_nightly_job_lock_the_rows_in_one_order(
    database: Addresses, centre: Centre, trainings: list[UUID], main_user: Person, anonymise: Callable[[], int]
) -> None:
    for training in reversed(trainings):
        add(main_user, training, AINO, {"name": "Bo"})
    centre.clock(2026, 1, 1)
    ids = [row[0] for row in centre.rows("SELECT id FROM training_participants ORDER BY id")]
    with another(centre, database) as beside, ThreadPoolExecutor(1) as pool, beside.owner.transaction():
        beside.owner.execute("SELECT FROM training_participants WHERE id = %s FOR UPDATE", [ids[0]])
        job = pool.submit(anonymise)
        until_one_waits(centre)
        # What waits for the first row has locked none of the others.
        beside.owner.execute("SELECT FROM training_participants WHERE id = ANY (%s) FOR UPDATE NOWAIT", [ids])
    assert job.result() == 4


def test_a_study_centre_keeps_names_as_long_as_it_says(
    centre: Centre, trainings: list[UUID], main_user: Person, anonymise: Callable[[], int]
) -> None:
    add(main_user, trainings[0], AINO)
    assert centre.staff().patch("/v1/study-centre", {"participants_kept_months": 1}).status_code == 200
    centre.clock(2024, 1, 31, 23, 59, 59)
    assert anonymise() == 0
    centre.clock(2024, 2, 1)
    assert anonymise() == 1


def test_the_worker_looks_every_night() -> None:
    assert worker.anonymise_participants in worker.JOBS
