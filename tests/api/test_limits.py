"""Rate limits: for each person and key, and for each network address that shows no good token."""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from ipaddress import ip_network
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from app.api import limits
from app.api.addresses import Proxies
from app.api.limits import MOST_FILES, Allowance
from app.db import connections
from app.local.embedded_postgres import Addresses
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.server import NO_TLS, serving

READS, WRITES, ANONYMOUS = 5, 3, 4
Call = Callable[..., httpx.Response]


def limited_settings(database: Addresses) -> Settings:
    return Settings(
        database_url=database.service,
        secret_key=SECRET,
        sandbox=True,
        rate_limit_reads=READS,
        rate_limit_writes=WRITES,
        rate_limit_anonymous=ANONYMOUS,
        trusted_proxies=[ip_network("127.0.0.1")],
        connection_idle_seconds=0.5,
    )


@pytest.fixture(scope="module")
def limited(database: Addresses) -> Iterator[str]:
    """A service with small limits, which believes the tests where they come from."""
    with serving(create_app(limited_settings(database))) as address:
        yield address


numbers = count(1)


@pytest.fixture
def call(limited: str) -> Iterator[Call]:
    """Calls the service from an address that no other test calls from."""
    address = f"192.0.2.{next(numbers)}"
    with httpx.Client(base_url=limited, timeout=30, verify=NO_TLS) as client:

        def called(
            path: str, person: Person | None = None, *, token: str = "", method: str = "GET", **options: Any
        ) -> httpx.Response:
            headers = {"X-Forwarded-For": options.pop("address", address)} | options.pop("headers", {})
            if person:
                headers["Authorization"] = person.client.headers["Authorization"]
            elif token:
                headers["Authorization"] = f"Bearer {token}"
            return client.request(method, path, headers=headers, **options)

        yield called


def test_a_person_reads_and_writes_so_often_in_a_minute(call: Call, centre: Centre) -> None:
    main_user, staff = centre.main_user(centre.organisation()), centre.staff()
    for left in reversed(range(READS)):
        answer = call("/v1/me", main_user)
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == f'"reads";q={READS};w=60'
        assert answer.headers["RateLimit"].startswith(f'"reads";r={left};t=')
    answer = call("/v1/me", main_user)
    assert refusal(answer) == (429, "rate-limited")
    assert (answer.json()["most"], answer.json()["limit"]) == (READS, "reads")
    assert "yhden henkilön tai rajapinta-avaimen lukupyynnöt minuutissa" in answer.json()["detail"]
    assert 0 < int(answer.headers["Retry-After"]) == answer.json()["retry_after"] <= 60
    assert answer.headers["RateLimit"].startswith('"reads";r=0;t=')
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]
    # Wherever the person calls from, and whatever others do there.
    assert call("/v1/me", main_user, address="198.51.100.1").status_code == 429
    assert call("/v1/me", main_user, method="HEAD").status_code == 429
    assert call("/v1/me", staff).status_code == 200
    statuses = [call("/v1/api-keys", main_user, method="POST", json={}).status_code for _ in range(WRITES + 1)]
    assert statuses == [422] * WRITES + [429]


def test_a_key_counts_for_itself(call: Call, centre: Centre) -> None:
    main_user = centre.main_user(organisation_id := centre.organisation())
    body = {
        "organisation_id": str(organisation_id),
        "name": "Rekisteri",
        "scopes": ["hours:read"],
        "expires_in_days": 9,
    }
    one, other = (main_user.post("/v1/api-keys", body, key=str(uuid4())).json()["key"] for _ in range(2))
    path = f"/v1/organisations/{organisation_id}/hour-accounts/2023"
    assert [call(path, token=one).status_code for _ in range(READS + 1)] == [200] * READS + [429]
    assert call(path, token=other).status_code == 200
    # Neither has cost the address anything.
    assert [call("/problems").status_code for _ in range(ANONYMOUS + 1)] == [200] * ANONYMOUS + [429]


def test_an_address_pays_for_what_it_asks_without_a_good_token(call: Call, centre: Centre) -> None:
    main_user, staff = centre.main_user(organisation_id := centre.organisation()), centre.staff()
    body = {
        "organisation_id": str(organisation_id),
        "name": "Rekisteri",
        "scopes": ["hours:read"],
        "expires_in_days": 9,
    }
    key = main_user.post("/v1/api-keys", body, key=str(uuid4())).json()["key"]
    path = f"/v1/organisations/{organisation_id}/hour-accounts/2023"
    assert call(path, token=key).status_code == 200
    bought = [
        call("/docs"),
        call("/v1/sandbox/clock"),
        call("/v1/me", token="a.b.c"),
        call(path, token=f"tp_{'x' * 40}"),
    ]
    assert [answer.status_code for answer in bought] == [200, 200, 401, 401]
    assert bought[-1].headers["RateLimit"].startswith('"anonymous";r=0;t=')
    new_key = main_user.post("/v1/api-keys", body, key=str(uuid4())).json()["key"]
    for refused in (
        call("/docs"),
        call("/nowhere"),
        call("/openapi.json"),
        call("/v1/me"),
        call("/v1/me", token="a.b.c"),
        call(path, token=f"tp_{'x' * 40}"),
        call(path, token=new_key),
    ):
        assert refusal(refused) == (429, "rate-limited")
    # Good tokens pass, and keys that are known; so do those who watch, and other addresses.
    assert call("/v1/me", staff).status_code == 200
    assert call(path, token=key).status_code == 200
    assert {call(watched).status_code for watched in ("/livez", "/metrics")} == {200}
    assert call("/docs", address="198.51.100.7").status_code == 200


def test_malformed_requests_cost_their_address(database: Addresses) -> None:
    settings = limited_settings(database)
    with serving(create_app(settings)) as service:
        place = urlsplit(service)
        for nth in range(ANONYMOUS + limits.AT_ONCE + 2):
            with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
                connection.sendall(b"GET /livez HTTP/1.1\r\nX-Forwarded-For: 192.0.2.200\r\n\r\n")
                received = connection.recv(65536)
            status = b"HTTP/1.1 400" if nth < ANONYMOUS else b"HTTP/1.1 429"
            assert received.startswith(b"" if nth >= ANONYMOUS + limits.AT_ONCE else status)
            assert (received == b"") == (nth >= ANONYMOUS + limits.AT_ONCE)
        for address, allowed in (("192.0.2.200", False), ("192.0.2.201", True)):
            answer = httpx.get(f"{service}/problems", headers={"X-Forwarded-For": address}, verify=NO_TLS)
            assert (answer.status_code == 200) == allowed


def test_a_revoked_key_pays_like_any_other_text(call: Call, centre: Centre) -> None:
    main_user = centre.main_user(organisation_id := centre.organisation())
    body = {
        "organisation_id": str(organisation_id),
        "name": "Rekisteri",
        "scopes": ["hours:read"],
        "expires_in_days": 9,
    }
    made = main_user.post("/v1/api-keys", body, key=str(uuid4())).json()
    path = f"/v1/organisations/{organisation_id}/hour-accounts/2023"
    assert call(path, token=made["key"]).status_code == 200
    main_user.post(f"/v1/api-keys/{made['id']}/revocation", {"reason": "Kadonnut"})
    statuses = [call(path, token=made["key"]).status_code for _ in range(ANONYMOUS + 2)]
    assert statuses == [401] * (ANONYMOUS + 1) + [429]


def test_addresses_of_one_network_of_ipv6_count_together(call: Call) -> None:
    for number in range(ANONYMOUS):
        assert call("/problems", address=f"2001:db8:0:1::{number}").status_code == 200
    assert call("/problems", address="2001:db8:0:1:ffff::").status_code == 429
    assert call("/problems", address="2001:db8:0:2::").status_code == 200


def test_refusals_do_not_ask_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STANDSTILL_SECONDS", 0.2)
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing"
    addresses = Addresses(service=nowhere, owner=nowhere, admin=nowhere)
    settings = limited_settings(addresses).model_copy(update={"rate_limit_reads": 1})
    headers = {"Authorization": f"Bearer {SandboxIssuer(SECRET).token_for(UUID(int=1))}"}
    with serving(create_app(settings)) as address, httpx.Client(base_url=address, verify=NO_TLS, timeout=30) as client:
        assert refusal(client.get("/v1/me", headers=headers)) == (503, "busy")
        assert refusal(client.get("/v1/me", headers=headers)) == (429, "rate-limited")


def test_who_goes_on_regardless_waits_for_the_refusals(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAUSE_SECONDS", 0.3)
    for _ in range(ANONYMOUS + limits.AT_ONCE):
        call("/problems")
    began = time.monotonic()
    assert call("/problems").status_code == 429
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("limit", "at_once", "signed_in"),
    [(1000, limits.TURNS, True), (1000, limits.TURNS, False), (100, limits.TURNS_OF_MANY, True)],
)
def test_a_callers_requests_wait_for_one_another(
    database: Addresses, limit: int, at_once: int, signed_in: bool
) -> None:
    """Its further requests wait for those before them, so that others' do not."""
    named = {"rate_limit_reads": limit, "rate_limit_anonymous": limit}
    app = create_app(limited_settings(database).model_copy(update=named))
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()
    expected = {"a": at_once, "b": limits.TURNS}
    together = {who: asyncio.Event() for who in expected}

    @app.get("/slow")
    async def slow(who: str) -> None:
        running[who] += 1
        most[who] = max(most[who], running[who])
        if running[who] >= expected[who]:
            together[who].set()
        # On a busy machine requests that are sent together come one by one.
        await asyncio.wait_for(together[who].wait(), 5)
        await asyncio.sleep(0.05)
        running[who] -= 1

    tokens = {who: SandboxIssuer(SECRET).token_for(UUID(int=number)) for number, who in enumerate("ab", 1)}
    with serving(app) as address, ThreadPoolExecutor(20) as sending:

        def ask(who: str) -> int:
            by = {"Authorization": f"Bearer {tokens[who]}"} if signed_in else {"X-Forwarded-For": f"192.0.2.{ord(who)}"}
            return httpx.get(f"{address}/slow", params={"who": who}, headers=by, verify=NO_TLS).status_code

        for _ in range(limit // 10 if at_once == limits.TURNS_OF_MANY else 0):
            assert ask("a") == 200
        most.clear()
        assert set(sending.map(ask, "a" * 12 + "b" * 4)) == {200}
        assert most == expected


def test_the_line_of_a_caller_is_bounded_and_a_slow_body_keeps_no_place(
    database: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_IN_LINE", 8)
    app = create_app(limited_settings(database).model_copy(update={"rate_limit_anonymous": 1000}))
    with serving(app) as service, ExitStack() as opened:
        place = urlsplit(service)
        head = b"POST /v1/sandbox/tokens HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        head += b"Content-Length: 2\r\n\r\n"
        slow = [opened.enter_context(socket.create_connection((place.hostname, place.port))) for _ in range(7)]
        for connection in slow:
            connection.sendall(head)
        time.sleep(0.3)
        assert httpx.get(f"{service}/problems", verify=NO_TLS).status_code == 200
        one_more = opened.enter_context(socket.create_connection((place.hostname, place.port)))
        one_more.sendall(head)
        time.sleep(0.3)
        answer = httpx.get(f"{service}/problems", verify=NO_TLS)
        assert refusal(answer) == (429, "rate-limited")
        assert (answer.json()["most"], answer.headers["Retry-After"]) == (8, "1")
        slow[0].sendall(b"{}")
        assert slow[0].recv(1000).startswith(b"HTTP/1.1 422")
        assert httpx.get(f"{service}/problems", verify=NO_TLS).status_code == 200


def test_in_a_sandbox_nothing_is_limited_unless_it_is_set(service: str) -> None:
    assert "RateLimit" not in httpx.get(f"{service}/problems").headers


@pytest.mark.parametrize(
    ("sandbox", "named", "expected"),
    [
        (False, {}, True),
        (
            False,
            dict.fromkeys(["rate_limit_reads", "rate_limit_writes", "rate_limit_anonymous", "rate_limit_public"], 0),
            False,
        ),
        (False, {"rate_limit_reads": 0}, True),
        (True, {}, False),
        (True, {"rate_limit_writes": 7}, True),
    ],
)
def test_zero_is_no_limit(sandbox: bool, named: dict[str, int], expected: bool) -> None:
    settings = Settings(database_url="postgresql://", secret_key=SECRET, sandbox=sandbox, **named)  # type: ignore[arg-type]
    assert limits.are_limits_set(settings) == expected


def test_a_minute_begins_with_the_first_request_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    allowance = Allowance("reads", 2)
    assert [allowance.take("a").used for _ in range(3)] == [1, 2, 3]
    now[0] += 59
    assert allowance.take("a").used == 4
    assert allowance.fields_of(allowance.take("a"))[1] == (b"ratelimit", b'"reads";r=0;t=1')
    now[0] += 1
    assert allowance.take("a").used == 1


def test_callers_of_the_minute_before_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(limits, "MOST_COUNTED", 1000)
    allowance = Allowance("anonymous", 2)
    for number in range(5000):
        allowance.take(str(number))
    assert len(allowance._windows) == 1000
    now[0] += 60
    for number in range(600):
        allowance.take(f"later {number}")
    assert len(allowance._windows) == 600


@pytest.mark.parametrize(
    ("peer", "headers", "origin"),
    [
        # Only a trusted proxy is believed.
        ("203.0.113.9", {"x-forwarded-for": "198.51.100.1"}, "203.0.113.9"),
        ("10.0.0.1", {"x-forwarded-for": "198.51.100.1"}, "198.51.100.1"),
        ("::ffff:10.0.0.1", {"x-forwarded-for": "198.51.100.1"}, "198.51.100.1"),
        # What stands before the last address that is no trusted proxy was written by the caller.
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"),
        ("10.0.0.1", {"x-forwarded-for": "1.1.1.1, unknown, 10.0.0.2"}, "10.0.0.2"),
        ("10.0.0.1", {"x-forwarded-for": "10.0.0.3, 10.0.0.2"}, "10.0.0.3"),
        ("10.0.0.1", {"x-forwarded-for": "198.51.100.1:4711"}, "198.51.100.1"),
        ("10.0.0.1", {"forwarded": "for=198.51.100.1;proto=https"}, "198.51.100.1"),
        ("10.0.0.1", {"forwarded": 'by=10.0.0.1; For="198.51.100.1:80", for=10.0.0.2'}, "198.51.100.1"),
        ("10.0.0.1", {"forwarded": 'for="[2001:db8::1]:4711"'}, "2001:db8::/64"),
        ("10.0.0.1", {"forwarded": "for=_hidden"}, "10.0.0.1"),
        ("10.0.0.1", {"forwarded": "proto=https"}, "10.0.0.1"),
        # A proxy sets one of the two: the other one is the caller's.
        ("10.0.0.1", {"forwarded": "for=1.1.1.1", "x-forwarded-for": "198.51.100.1"}, "10.0.0.1"),
        ("10.0.0.1", {"forwarded": "for=198.51.100.1", "x-forwarded-for": "198.51.100.1"}, "198.51.100.1"),
        ("10.0.0.1", {}, "10.0.0.1"),
        ("2001:db8:1:2:3::4", {}, "2001:db8:1:2::/64"),
        ("", {"x-forwarded-for": "198.51.100.1"}, ""),
    ],
)
def test_where_a_request_comes_from(peer: str, headers: dict[str, str], origin: str) -> None:
    proxies = Proxies([ip_network("10.0.0.0/8")])
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert proxies.origin_of(peer, raw) == origin


def test_a_caller_sends_few_files_at_once(centre: Centre) -> None:
    """In a sandbox too."""
    main_user = centre.main_user(organisation_id := centre.organisation())
    other = centre.main_user(centre.organisation())
    begun = threading.Barrier(MOST_FILES + 1)
    may_end = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b"x"
        begun.wait(10)
        may_end.wait(10)

    def send(sender: Person, content: Any) -> httpx.Response:
        headers = {"Content-Type": "image/png"}
        return sender.client.put(f"/v1/organisations/{organisation_id}/logo", content=content, headers=headers)

    with ThreadPoolExecutor(MOST_FILES) as sending:
        slow = [sending.submit(send, main_user, slowly()) for _ in range(MOST_FILES)]
        begun.wait(10)
        time.sleep(0.2)
        answer = send(main_user, b"x")
        assert refusal(answer) == (429, "rate-limited")
        assert answer.headers["Retry-After"] == "1"
        assert refusal(send(other, b"x")) == (404, "not-found")
        may_end.set()
        assert {refusal(one.result()) for one in slow} == {(422, "image-refused")}
    assert refusal(send(main_user, b"")) == (422, "image-refused")
