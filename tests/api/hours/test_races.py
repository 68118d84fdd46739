"""Many simultaneous requests for the last hours, and many copies of one request (promises L4)."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from tests.builders import FOREVER, Centre, Person, refusal
from tests.server import NO_TLS

MANY = 500
LAST_HOURS = 100


def send_at_once(person: Person, requests: Sequence[tuple[str, Any, str]]) -> list[httpx.Response]:
    """Send all requests before any is answered: each has its own connection and its own key."""

    async def send(path: str, body: Any, key: str) -> httpx.Response:
        # A client for all would look through all its connections at each step of each request.
        async with httpx.AsyncClient(
            base_url=person.client.base_url, headers=person.client.headers, timeout=120, verify=NO_TLS
        ) as client:
            return await client.post(path, json=body, headers={"Idempotency-Key": key})

    async def send_all() -> list[httpx.Response]:
        return await asyncio.gather(*(send(*request) for request in requests))

    return asyncio.run(send_all())


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.change_window()
    return centre.organisation()


def check_refusals(losers: Sequence[httpx.Response], code: str) -> None:
    """Each refusal names what is left: nothing, so nobody was refused too early."""
    assert {refusal(answer) for answer in losers} == {(409, code)}
    assert {(answer.json()["available"], answer.json()["asked"]) for answer in losers} == {(0, 1)}


@pytest.mark.long
def test_five_hundred_simultaneous_requests_are_granted_the_last_hundred_hours(centre: Centre, central: UUID) -> None:
    centre.post(2023, pool_change(LAST_HOURS))
    person = centre.person()
    ids = [new_id() for _ in range(MANY)]
    with centre.owner.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO supplementary_hour_requests (id, organisation_id, year, hours, grounds, state, submitted_by, "
            "submitted_at) VALUES (%s, %s, 2023, 1, 'Kysyntä kasvoi', 'submitted', %s, %s)",
            [(each, central, person.id, FOREVER) for each in ids],
        )
    path = "/v1/supplementary-hour-requests/{}/decision"
    answers = send_at_once(centre.staff(), [(path.format(each), {"hours": 1}, str(each)) for each in ids])
    assert Counter(answer.status_code for answer in answers) == {200: LAST_HOURS, 409: MANY - LAST_HOURS}
    check_refusals([answer for answer in answers if answer.status_code == 409], "pool-exceeded")
    assert centre.rows("SELECT pool FROM hour_pools") == [(0,)]
    assert centre.rows("SELECT common FROM hour_balances") == [(LAST_HOURS,)]
    states = centre.rows("SELECT state, count(*) FROM supplementary_hour_requests GROUP BY state ORDER BY state")
    assert states == [("approved", LAST_HOURS), ("submitted", MANY - LAST_HOURS)]


@pytest.mark.long
def test_five_hundred_simultaneous_requests_return_the_last_hundred_hours(centre: Centre, central: UUID) -> None:
    centre.post(2023, pool_change(LAST_HOURS), grant(central, LAST_HOURS))
    body = {"organisation_id": str(central), "year": 2023, "hours": 1}
    answers = send_at_once(
        centre.main_user(central), [("/v1/hour-returns", body, str(number)) for number in range(MANY)]
    )
    assert Counter(answer.status_code for answer in answers) == {201: LAST_HOURS, 409: MANY - LAST_HOURS}
    check_refusals([answer for answer in answers if answer.status_code == 409], "quota-exceeded")
    assert centre.rows("SELECT pool, returned FROM hour_pools") == [(LAST_HOURS, LAST_HOURS)]
    assert len(centre.rows("SELECT FROM hour_returns")) == LAST_HOURS


def test_a_hundred_copies_of_one_request_have_one_effect(centre: Centre, central: UUID) -> None:
    centre.post(2023, pool_change(1000), grant(central, 1000))
    body = {"organisation_id": str(central), "year": 2023, "hours": 7}
    main_user = centre.main_user(central)
    answers = send_at_once(main_user, [("/v1/hour-returns", body, "one-key")] * 100)
    first, *replays = sorted(
        (answer for answer in answers if answer.status_code == 201),
        key=lambda answer: "Idempotency-Replayed" in answer.headers,
    )
    assert "Idempotency-Replayed" not in first.headers
    assert all(answer.headers["Idempotency-Replayed"] == "true" for answer in replays)
    assert {answer.content for answer in replays} <= {first.content}
    for answer in answers:
        if answer.status_code != 201:
            assert refusal(answer) == (409, "request-in-progress")
            assert answer.headers["Retry-After"]
    assert centre.rows("SELECT common FROM hour_balances") == [(993,)]
    assert len(centre.rows("SELECT FROM hour_returns")) == 1
    assert len(centre.rows("SELECT FROM stored_answers")) == 1
    assert len(centre.rows("SELECT FROM audit_entries")) == 1
    late = main_user.post("/v1/hour-returns", body, key="one-key")
    assert (late.status_code, late.content) == (201, first.content)
