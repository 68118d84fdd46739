"""A caller who sends the head of a request early and its body late is checked again in the transaction that writes."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from app.api.tokens import LEEWAY_SECONDS
from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from tests.builders import Centre, Person, refusal

RETURNS = "/v1/hour-returns"


class Late:
    """A request whose body has not come yet."""

    def __init__(self, stream: socket.socket, body: bytes) -> None:
        self._stream = stream
        self._body = body

    def finish(self) -> tuple[int, Any]:
        self._stream.sendall(self._body)
        answer = b""
        while part := self._stream.recv(65_536):
            answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


@contextmanager
def begun(centre: Centre, token: str, path: str, body: dict[str, Any], *, key: str = "") -> Iterator[Late]:
    """Send a head, and wait until the service asks for the body: it has then found the caller."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {urlsplit(centre.address).netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\nIdempotency-Key: {key or new_id()}\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", urlsplit(centre.address).port or 0), timeout=30) as stream:
        stream.sendall(head.encode())
        assert stream.recv(65_536).startswith(b"HTTP/1.1 100 ")
        yield Late(stream, content)


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.change_window()
    central = centre.organisation()
    centre.post(2023, pool_change(1000), grant(central, 500))
    return central


@pytest.fixture
def main_user(centre: Centre, central: UUID) -> Person:
    return centre.main_user(central)


@pytest.fixture
def api_key(main_user: Person, central: UUID) -> dict[str, Any]:
    body = {"organisation_id": str(central), "name": "Ohjelma", "scopes": ["hours:write"], "expires_in_days": 5}
    key: dict[str, Any] = main_user.post("/v1/api-keys", body).json()
    return key


def returned(central: UUID) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2023, "hours": 10}


def test_a_key_revoked_meanwhile_does_not_write(
    centre: Centre, main_user: Person, central: UUID, api_key: dict[str, Any]
) -> None:
    with begun(centre, api_key["key"], RETURNS, returned(central)) as late:
        assert main_user.post(f"/v1/api-keys/{api_key['id']}/revocation").status_code == 200
        status, problem = late.finish()
    assert (status, problem["code"]) == (401, "unauthenticated")
    assert centre.rows("SELECT FROM hour_returns") == []


def test_a_key_revoked_meanwhile_gets_no_earlier_response(
    centre: Centre, main_user: Person, central: UUID, api_key: dict[str, Any]
) -> None:
    with begun(centre, api_key["key"], RETURNS, returned(central), key="one") as first:
        assert first.finish()[0] == 201
    with begun(centre, api_key["key"], RETURNS, returned(central), key="one") as late:
        assert main_user.post(f"/v1/api-keys/{api_key['id']}/revocation").status_code == 200
        assert late.finish()[0] == 401


@pytest.mark.parametrize("column", ["expires_at = clock_timestamp()", "scopes = '{organisations:read}'"])
def test_a_key_that_has_lost_its_rights_meanwhile_does_not_write(
    centre: Centre, central: UUID, api_key: dict[str, Any], column: str
) -> None:
    with begun(centre, api_key["key"], RETURNS, returned(central)) as late:
        centre.owner.execute(f"UPDATE api_keys SET {column}".encode())
        status, _ = late.finish()
    assert status == (401 if "expires" in column else 403)
    assert centre.rows("SELECT FROM hour_returns") == []


def test_a_token_that_expires_meanwhile_does_not_write(
    centre: Centre, main_user: Person, central: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sandbox.issuer.TOKEN_SECONDS", 2 - LEEWAY_SECONDS)
    with begun(centre, centre.issuer.token_for(main_user.id), RETURNS, returned(central)) as late:
        time.sleep(2)
        status, problem = late.finish()
    assert (status, problem["code"]) == (401, "unauthenticated")
    assert centre.rows("SELECT FROM hour_returns") == []


def test_a_role_that_ends_meanwhile_does_not_write(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.main_user(central)
    [(grant_id,)] = centre.rows("SELECT id FROM role_grants WHERE person_id = %s", main_user.id)
    with begun(centre, centre.issuer.token_for(main_user.id), RETURNS, returned(central)) as late:
        ended = centre.staff().post(f"/v1/role-grants/{grant_id}/ending", {"reason": "Tehtävä päättyi"})
        assert ended.status_code == 200, ended.text
        status, problem = late.finish()
    assert status in {403, 404}, problem
    assert centre.rows("SELECT FROM hour_returns") == []


def test_a_weak_sign_in_does_not_get_the_response_to_a_strong_one(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    body = {"iban": "FI2112345600000785", "holder": "Esimerkki ry"}
    path = f"/v1/organisations/{central}/bank-account"
    first = main_user.put(path, body, headers={"Idempotency-Key": "one"})
    assert first.status_code == 200, first.text
    again = main_user.put(path, body, headers={"Idempotency-Key": "one"} | centre.weakly(main_user))
    assert refusal(again) == (401, "strong-authentication-required")
    again = main_user.put(path, body, headers={"Idempotency-Key": "one"})
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")


def test_a_weak_sign_in_gets_its_own_response_again(centre: Centre, main_user: Person, central: UUID) -> None:
    """The operation needs a strong one for other roles only."""
    body = {"person_id": str(centre.person("unit_manager", centre.organisation(central)).id)}
    body |= {"role": "training_manager", "organisation_id": str(central), "reason": "Kouluttaja"}
    headers = centre.weakly(main_user)
    first, again = (main_user.post("/v1/role-grants", body, key="one", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), first.text
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert "weak-sign-in" not in again.headers
