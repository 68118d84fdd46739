"""`/v1/supplementary-hour-decisions`."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import pool_change
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import FOREVER, Centre, Person, refusal
from tests.round_trips import CountedConnection
from tests.server import NO_TLS, serving

PATH = "/v1/supplementary-hour-decisions"
REQUESTS = "/v1/supplementary-hour-requests"


@pytest.fixture
def staff(centre: Centre) -> Person:
    """Staff of a study centre with 1,000 hours for 2023."""
    centre.change_window()
    centre.post(2023, pool_change(1000))
    return centre.staff()


def batch(*items: dict[str, Any], year: int = 2023) -> dict[str, Any]:
    return {"year": year, "items": list(items)}


def item(request_id: UUID, hours: Any, **members: Any) -> dict[str, Any]:
    return {"request_id": str(request_id), "hours": hours} | members


def request(centre: Centre, organisation_id: UUID, hours: int = 100, *, year: int = 2023) -> UUID:
    """A submitted request."""
    return requests(centre, [organisation_id], hours, year=year)[0]


def requests(centre: Centre, organisation_ids: Sequence[UUID], hours: int, *, year: int = 2023) -> list[UUID]:
    person, ids = centre.person(), [new_id() for _ in organisation_ids]
    with centre.owner.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO supplementary_hour_requests (id, organisation_id, year, hours, grounds, state, submitted_by, "
            "submitted_at) VALUES (%s, %s, %s, %s, 'Kysyntä kasvoi', 'submitted', %s, %s)",
            [(*pair, year, hours, person.id, FOREVER) for pair in zip(ids, organisation_ids, strict=True)],
        )
    return ids


def test_a_batch_decides_each_request_as_one_decision_does(centre: Centre, staff: Person, central: UUID) -> None:
    other = centre.organisation()
    ids = [request(centre, central), request(centre, other), request(centre, central), request(centre, central)]
    answer = staff.post(
        PATH, batch(item(ids[3], 30), item(ids[1], 100, reason="Kasvoi"), item(ids[0], 0), item(ids[2], 5))
    )
    assert answer.status_code == 201
    assert "Location" not in answer.headers
    decided = answer.json()["items"]
    assert [each["id"] for each in decided] == [str(ids[place]) for place in (3, 1, 0, 2)]
    states = [(each["state"], each["granted_hours"], each["reason"]) for each in decided]
    assert states == [
        ("partially_approved", 30, None),
        ("approved", 100, "Kasvoi"),
        ("rejected", 0, None),
        ("partially_approved", 5, None),
    ]
    assert {(each["decided_by"], each["decided_at"]) for each in decided} == {
        (str(staff.id), "2023-03-15T12:00:00+02:00")
    }
    for each in decided:
        assert staff.get(f"{REQUESTS}/{each['id']}").json() == each
    assert centre.rows("SELECT pool FROM hour_pools") == [(1000 - 135,)]
    balances = dict(centre.rows("SELECT organisation_id, common FROM hour_balances"))
    assert balances == {central: 35, other: 100}
    causes = "SELECT cause_id, kind, hours FROM hour_transfers WHERE cause_type = 'supplementary_hour_request'"
    assert set(centre.rows(causes)) == {
        (ids[3], "supplementary_grant", 30),
        (ids[1], "supplementary_grant", 100),
        (ids[2], "supplementary_grant", 5),
    }
    events = "SELECT subject_id FROM outbox WHERE event = 'supplementary-hour-request.decided'"
    assert {row[0] for row in centre.rows(events)} == set(ids)
    centre.check_ledger()


def test_the_complete_batch_stays_within_the_pool_or_none_of_it(centre: Centre, staff: Person, central: UUID) -> None:
    first, second = request(centre, central, 700), request(centre, central, 301)
    answer = staff.post(PATH, batch(item(first, 700), item(second, 301)))
    assert refusal(answer) == (409, "pool-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (1000, 1001)
    assert centre.rows("SELECT DISTINCT state FROM supplementary_hour_requests") == [("submitted",)]
    assert staff.post(PATH, batch(item(first, 700), item(second, 300))).status_code == 201


def test_a_request_that_is_decided_stops_the_batch(centre: Centre, staff: Person, central: UUID) -> None:
    first, second = request(centre, central), request(centre, central)
    assert staff.post(f"{REQUESTS}/{second}/decision", {"hours": 1}).status_code == 200
    answer = staff.post(PATH, batch(item(first, 1), item(second, 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "wrong-state"), "/items/1/request_id")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("partially_approved", ["submitted"])
    assert staff.get(f"{REQUESTS}/{first}").json()["state"] == "submitted"


def test_a_request_is_decided_once_in_a_batch(centre: Centre, staff: Person, central: UUID) -> None:
    request_id = request(centre, central)
    answer = staff.post(PATH, batch(item(request_id, 1), item(request_id, 2)))
    assert refusal(answer) == (422, "validation")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/items/1/request_id", "duplicate-item")
    ]


def test_unknown_requests_and_those_of_another_year_are_not_found(centre: Centre, staff: Person, central: UUID) -> None:
    of_year = request(centre, central)
    for request_id in (new_id(), request(centre, central, year=2024)):
        answer = staff.post(PATH, batch(item(of_year, 1), item(request_id, 0)))
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/items/1/request_id")


def test_every_decision_of_more_than_was_requested_is_reported(centre: Centre, staff: Person, central: UUID) -> None:
    ids = requests(centre, [central] * 3, 10)
    answer = staff.post(PATH, batch(item(ids[0], 11), item(ids[1], 10), item(ids[2], 12)))
    assert refusal(answer) == (422, "validation")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        ("/items/0/hours", "more-than-asked"),
        ("/items/2/hours", "more-than-asked"),
    ]


def test_former_members_are_granted_nothing(centre: Centre, staff: Person, central: UUID) -> None:
    other = centre.organisation(active_until="2022-12-31")
    ours, theirs = request(centre, central), request(centre, other)
    answer = staff.post(PATH, batch(item(ours, 1), item(theirs, 1)))
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "not-a-member"), "/items/1/request_id")
    answer = staff.post(PATH, batch(item(ours, 1), item(theirs, 0)))
    assert [each["state"] for each in answer.json()["items"]] == ["partially_approved", "rejected"]


def test_only_staff_decide_batches_and_none_of_their_own(centre: Centre, central: UUID) -> None:
    other = centre.organisation()
    ids = [request(centre, other), request(centre, central)]
    main_user = centre.main_user(central)
    assert refusal(main_user.post(PATH, batch(item(ids[1], 1)))) == (403, "forbidden")
    assert refusal(main_user.post(PATH, batch(item(ids[0], 1)))) == (404, "not-found")
    centre.grant(main_user.id, "staff")
    answer = main_user.post(PATH, batch(item(ids[0], 0), item(ids[1], 0)))
    assert (refusal(answer), answer.json()["pointer"]) == ((403, "forbidden"), "/items/1/request_id")
    assert answer.json()["because"] == "own-matter"
    assert refusal(centre.person("auditor").post(PATH, batch(item(ids[0], 1)))) == (403, "forbidden")


def test_a_batch_of_a_closed_year_finds_its_requests_expired(centre: Centre, staff: Person, central: UUID) -> None:
    request_id = request(centre, central)
    centre.close(2023)
    answer = staff.post(PATH, batch(item(request_id, 0)))
    assert (refusal(answer), answer.json()["state"]) == ((409, "wrong-state"), "expired")


@pytest.mark.parametrize(
    ("items", "pointer"),
    [
        ([], "/items"),
        ([item(UUID(int=1), -1)], "/items/0/hours"),
        ([item(UUID(int=1), 1, state="approved")], "/items/0/state"),
        ([item(UUID(int=1), 1)] * 501, "/items"),
    ],
)
def test_the_faults_of_a_wrong_shape_have_pointers(staff: Person, items: Any, pointer: str) -> None:
    answer = staff.post(PATH, {"year": 2023, "items": items})
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_replay_decides_once_and_a_dry_run_never(centre: Centre, staff: Person, central: UUID) -> None:
    body = batch(item(request(centre, central), 10))
    dry = staff.post(PATH, body, key=False, params={"validate_only": "true"})
    assert (dry.status_code, dry.json()["items"][0]["granted_hours"]) == (201, 10)
    assert centre.rows("SELECT state FROM supplementary_hour_requests") == [("submitted",)]
    first, again = (staff.post(PATH, body, key="one") for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    assert centre.rows("SELECT common FROM hour_balances") == [(10,)]
    assert refusal(staff.post(PATH, body, key=False)) == (400, "idempotency-key-required")


def test_batches_that_cross_wait_for_each_other_and_one_decides(centre: Centre, staff: Person) -> None:
    """Each names the same requests in another order, and so they would deadlock if they locked them in theirs."""
    ids = requests(centre, [centre.organisation() for _ in range(20)], 10)
    people = [centre.staff() for _ in range(6)]
    orders = [ids if place % 2 else ids[::-1] for place in range(len(people))]
    with ThreadPoolExecutor(len(people)) as threads:
        answers = list(
            threads.map(
                lambda sent: sent[0].post(PATH, batch(*(item(each, 1) for each in sent[1]))),
                zip(people, orders, strict=True),
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert {refusal(answer) for answer in answers if answer.status_code == 409} == {(409, "wrong-state")}
    assert staff.get("/v1/hour-pools/2023").json()["available"] == 1000 - 20


def test_five_hundred_decisions_take_as_many_round_trips_as_one(
    centre: Centre, settings: Settings, staff: Person
) -> None:
    def send(client: httpx.Client, ids: Sequence[UUID]) -> int:
        before = CountedConnection.round_trips
        answer = client.post(
            PATH, json=batch(*(item(each, 1) for each in ids)), headers={"Idempotency-Key": str(new_id())}
        )
        assert answer.status_code == 201
        return CountedConnection.round_trips - before

    ids = requests(centre, [centre.organisation() for _ in range(502)], 1)
    with (
        serving(create_app(settings, CountedConnection)) as address,
        httpx.Client(base_url=address, headers=staff.client.headers, timeout=60, verify=NO_TLS) as client,
    ):
        send(client, ids[:1])
        assert send(client, ids[1:2]) == send(client, ids[2:]) == 7
