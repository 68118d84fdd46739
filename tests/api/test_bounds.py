"""Limits of bodies, depths, heads and waits; a request that the database cannot serve now may be sent again."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psycopg
import pytest

from app.api import faults
from app.api.protocol import LARGEST_HEAD
from app.api.requests import LARGEST_BODY, LARGEST_OPEN_BODY, MOST_VALUES
from app.domain.hours.ledger import pool_change
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.server import NO_TLS, serving
from tests.triggers import trigger

PATH = "/v1/supplementary-hour-requests"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def hasty(database: Addresses) -> Iterator[str]:
    """A service that does not wait long for anything."""
    settings = Settings(
        database_url=database.service, secret_key=SECRET, sandbox=True, lock_timeout_ms=200, statement_timeout_ms=500
    )
    with serving(create_app(settings)) as address:
        yield address


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.change_window()
    centre.post(2023, pool_change(1000))
    return centre.organisation()


def asked(central: UUID, hours: int = 100) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2023, "hours": hours, "grounds": "Kysyntä kasvoi"}


def to(address: str, person: Person, centre: Centre) -> Person:
    """The same person, calling another service on the same database."""
    centre.clients.append(httpx.Client(base_url=address, headers=person.client.headers, timeout=60, verify=NO_TLS))
    return Person(person.id, centre.clients[-1])


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 5_000_000])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_over_2_mib_is_too_large(main_user: Person, size: int, chunked: bool) -> None:
    """A body without a stated length is counted as it arrives."""
    chunks = (b" " * 65536 for _ in range(size // 65536 + 1))
    answer = main_user.client.post(
        PATH, content=chunks if chunked else b" " * size, headers=JSON | {"Idempotency-Key": "k"}
    )
    assert refusal(answer) == (413, "payload-too-large")


def test_a_body_of_2_mib_is_not(main_user: Person, central: UUID) -> None:
    body = json.dumps(asked(central)).encode().ljust(LARGEST_BODY)
    answer = main_user.client.post(PATH, content=body, headers=JSON | {"Idempotency-Key": "k"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"hours":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"hours": ' + b"9" * 5_000 + b"}",
        b'{"hours": 1',
        b"\xff\xfe",
        b"",
    ],
    ids=["lists", "objects", "digits", "unfinished", "no UTF-8", "empty"],
)
def test_malformed_json_is_refused(main_user: Person, body: bytes) -> None:
    answer = main_user.client.post(PATH, content=body, headers=JSON | {"Idempotency-Key": "k"})
    assert refusal(answer) in ((400, "malformed-json"), (422, "validation"))
    assert (answer.status_code == 422) == (body == b"")


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"[]," * 690_000 + b"[]]",
        json.dumps({f"a{number}": 1 for number in range(150_000)}).encode(),
        json.dumps({"lines": [1] * 600_000}).encode(),
    ],
    ids=["lists", "fields", "numbers"],
)
def test_a_body_of_too_many_values_is_not_parsed(service: str, main_user: Person, body: bytes) -> None:
    headers = JSON | {"Idempotency-Key": "k", "Authorization": main_user.client.headers["Authorization"]}
    began = time.process_time()  # Of the service too, however busy the machine is.
    answer = httpx.post(service + PATH, content=body, headers=headers, verify=NO_TLS)
    assert time.process_time() - began < 0.5
    assert refusal(answer) == (413, "payload-too-large")
    assert answer.json()["most_values"] == MOST_VALUES


@pytest.mark.parametrize("path", ["/v1/email-verifications", "/v1/people", "/v1/sandbox/tokens"])
@pytest.mark.parametrize("chunked", [True, False])
def test_who_need_not_be_registered_sends_little(service: str, centre: Centre, path: str, chunked: bool) -> None:
    headers = JSON | {"Authorization": f"Bearer {centre.issuer.token_for(UUID(int=5))}"}
    body = b"[" + b"[]," * 690_000 + b"[]]"
    chunks = (body[start : start + 9999] for start in range(0, len(body), 9999))
    began = time.process_time()
    answer = httpx.post(service + path, content=chunks if chunked else body, headers=headers, verify=NO_TLS)
    assert time.process_time() - began < 0.5
    assert refusal(answer) == (413, "payload-too-large")
    assert answer.json()["largest"] == LARGEST_OPEN_BODY


NOT_JSON = [
    '{"email": "a@example.org"}'.encode("utf-16"),
    '{"email": "a@example.org"}'.encode("utf-16-le"),
    '{"email": "a@example.org"}'.encode("utf-32-be"),
    b'{"email": "\xed\xa0\x80"}',
    b'{"email": "\xe4"}',
    b'{"email": NaN}',
    b'{"email": -Infinity}',
    b'{"email": "\\ud800"}',
    b'{"email": "\\udc00\\ud800"}',
    b'{"\\ud800": 1}',
    b'{"email": "a@example.org", "email": "b@example.org"}',
    b"{'email': 1}",
    b'{"email": 01}',
    b"\0",
]


@pytest.mark.parametrize("path", ["/v1/email-verifications", "/v1/api-keys", "/v1/sandbox/tokens"])
def test_json_is_as_its_standard_has_it(main_user: Person, path: str) -> None:
    for body in NOT_JSON:
        answer = main_user.client.post(path, content=body, headers=JSON)
        assert refusal(answer) == (400, "malformed-json"), body
    for number in (b"1e999", b"-1e999", b"1e400000"):
        answer = main_user.client.post(path, content=b'{"email": %b, "a": [%b]}' % (number, number), headers=JSON)
        assert refusal(answer) == (422, "validation")


def test_a_number_without_end_is_not_finite(main_user: Person, central: UUID) -> None:
    body = json.dumps(asked(central)).replace("100", "1e999").encode()
    answer = main_user.client.post(PATH, content=body, headers=JSON | {"Idempotency-Key": "k"})
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["code"] == "finite-number"


def test_a_byte_order_mark_and_whole_pairs_are_read(main_user: Person, central: UUID) -> None:
    body = json.dumps(asked(central) | {"grounds": "Kysyntä \U0001f600"}).encode()
    assert b"\\ud83d" in body
    answer = main_user.client.post(PATH, content=b"\xef\xbb\xbf" + body, headers=JSON | {"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["grounds"]) == (201, "Kysyntä \U0001f600")
    again = main_user.client.post(PATH, content=body, headers=JSON | {"Idempotency-Key": "k"})
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_name_that_is_not_known_is_cut(main_user: Person) -> None:
    answer = main_user.post("/v1/api-keys", {"a" * 1_000_000: 1, "~" * 200: 1})
    assert refusal(answer) == (422, "validation")
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert {"/" + "a" * 100, "/" + "~0" * 100} < {*pointers}
    answer = main_user.get("/v1/organisations", params={"a" * 10_000: 1, "limit" * 1000: 1})
    assert {len(error["parameter"]) for error in answer.json()["errors"]} == {100}


@pytest.mark.parametrize("depth", [50, 500, 5_000])
def test_depth_within_a_field_is_a_fault_of_shape(main_user: Person, central: UUID, depth: int) -> None:
    body = json.dumps(asked(central)).replace('"Kysynt\\u00e4 kasvoi"', "[" * depth + "]" * depth)
    answer = main_user.client.post(PATH, content=body, headers=JSON | {"Idempotency-Key": "k"})
    assert refusal(answer)[0] in (400, 422)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/hour-proposals", {f"a{number}": 1 for number in range(99_000)}),
        ("/v1/hour-proposals", {"lines": [{f"a{number}": 1 for number in range(90)}] * 1_000}),
        ("/v1/hour-proposals", {"lines": [1] * 99_000}),
        ("/v1/messages", {"texts": {f"a{number}": 1 for number in range(99_000)}}),
        ("/v1/messages", {"texts": {"fi": {f"a{number}": 1 for number in range(99_000)}}}),
        ("/v1/messages", {"organisation_ids": [""] * 99_000}),
    ],
    ids=["fields", "fields of many", "numbers", "languages", "fields of a text", "ids"],
)
def test_a_body_full_of_faults_is_refused_at_the_first_hundred(main_user: Person, path: str, body: Any) -> None:
    """Each fault that Pydantic reports costs 20 µs and a kilobyte or more."""
    with faults_made() as made:
        answer = main_user.client.post(path, json=body)
    assert refusal(answer) == (422, "validation")
    assert len(answer.json()["errors"]) <= 100
    assert made[0] < 5_000


@contextmanager
def faults_made() -> Iterator[list[int]]:
    """Count the faults of the service's requests, which FastAPI has as a list."""
    made = [0]
    reported = faults.errors_of_shape

    def counted(error: Any, *others: Any) -> Any:
        made[0] += len(error.errors())
        return reported(error, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.api.problems.errors_of_shape", counted)
        yield made


def test_a_head_without_end_is_cut_off(service: str) -> None:
    place = urlsplit(service)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: here\r\nX-Endless: ")
        sent = 0
        with suppress(OSError):
            while sent < 100 * LARGEST_HEAD:
                connection.sendall(b"a" * 4096)
                sent += 4096
                time.sleep(0.001)
    assert sent < 20 * LARGEST_HEAD
    assert httpx.get(f"{service}/livez").status_code == 200


def test_a_head_in_pieces_is_read(service: str) -> None:
    place = urlsplit(service)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        for piece in (b"GET /livez HTTP/1.1\r\nHost: he", b"re\r\nX-One: 1\r\n", b"Connection: close\r\n\r\n"):
            connection.sendall(piece)
            time.sleep(0.02)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_request_waits_briefly_for_anothers_lock(
    centre: Centre, main_user: Person, central: UUID, hasty: str
) -> None:
    request = main_user.post(PATH, asked(central)).json()
    staff = to(hasty, centre.staff(), centre)
    decision = f"{PATH}/{request['id']}/decision"
    with centre.owner.transaction():
        centre.owner.execute("SELECT FROM hour_pools FOR UPDATE")
        began = time.monotonic()
        answer = staff.post(decision, {"hours": 100}, key="one")
        assert time.monotonic() - began < 3
    assert refusal(answer) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"
    assert centre.rows("SELECT state FROM supplementary_hour_requests") == [("submitted",)]
    assert centre.rows("SELECT FROM stored_answers WHERE status = 200") == []
    again = staff.post(decision, {"hours": 100}, key="one")
    assert (again.status_code, again.json()["state"]) == (200, "approved")
    assert "Idempotency-Replayed" not in again.headers


def test_a_statement_that_takes_too_long_is_cancelled(
    centre: Centre, main_user: Person, central: UUID, hasty: str
) -> None:
    with trigger(centre.owner, "supplementary_hour_requests", "PERFORM pg_sleep(5)"):
        answer = to(hasty, main_user, centre).post(PATH, asked(central))
    assert refusal(answer) == (503, "busy")
    assert centre.rows("SELECT FROM supplementary_hour_requests") == []


def test_killed_connections_are_replaced_without_an_error(
    database: Addresses, centre: Centre, main_user: Person, central: UUID, hasty: str
) -> None:
    asking = to(hasty, main_user, centre)
    threads = [threading.Thread(target=asking.get, args=(PATH,)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert end_backends(database) > 1
    assert [asking.get(PATH).status_code for _ in range(5)] == [200] * 5
    assert asking.post(PATH, asked(central)).status_code == 201


def test_a_connection_killed_in_mid_request_is_reported_as_busy(
    database: Addresses, centre: Centre, main_user: Person, central: UUID
) -> None:
    request = main_user.post(PATH, asked(central)).json()
    staff = centre.staff()
    answers = []

    def decide() -> None:
        answers.append(staff.post(f"{PATH}/{request['id']}/decision", {"hours": 100}, key="one"))

    with centre.owner.transaction():
        centre.owner.execute("SELECT FROM hour_pools FOR UPDATE")
        thread = threading.Thread(target=decide)
        thread.start()
        wait_for_lock(database)
        end_backends(database)
        thread.join()
    assert refusal(answers[0]) == (503, "busy")
    assert answers[0].headers["Retry-After"] == "1"
    decide()
    assert answers[1].status_code == 200


def wait_for_lock(database: Addresses) -> None:
    with psycopg.connect(database.admin, autocommit=True) as admin:
        deadline = time.monotonic() + 5
        while not admin.execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchall():
            assert time.monotonic() < deadline
            time.sleep(0.01)


def end_backends(database: Addresses) -> int:
    """End every connection of the service's role, and return how many there were."""
    role = psycopg.conninfo.conninfo_to_dict(database.service)["user"]
    with psycopg.connect(database.admin, autocommit=True) as admin:
        ended = admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", [role]
        ).fetchall()
    return len(ended)
