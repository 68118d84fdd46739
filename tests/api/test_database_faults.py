"""A database that is silent, absent or read-only is reported soon as `busy`, and used again as soon as it works."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from app.db import connections
from app.db.connections import MARGIN_SECONDS, NETWORK, STANDSTILL_SECONDS, Connections
from app.domain.hours.ledger import pool_change
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.test_bounds import asked, to
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.database_proxy import Proxy, proxy_to
from tests.server import free_port, serving

PATH = "/v1/supplementary-hour-requests"


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.change_window()
    centre.post(2023, pool_change(1000))
    return centre.organisation()


@pytest.fixture
def proxy(database: Addresses) -> Iterator[Proxy]:
    with proxy_to(database.service) as proxy:
        yield proxy


def served(address: str, **configured: Any) -> FastAPI:
    return create_app(
        Settings(database_url=address, secret_key=SECRET, sandbox=True, log_level="CRITICAL", **configured)
    )


@contextmanager
def at_once(count: int, ask: Any) -> Iterator[list[tuple[httpx.Response, float]]]:
    """Responses to so many simultaneous requests, with their seconds; complete at the end of the block."""
    answers: list[tuple[httpx.Response, float]] = []

    def call() -> None:
        began = time.monotonic()
        answers.append((ask(), time.monotonic() - began))

    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield answers
    for thread in threads:
        thread.join()


@pytest.mark.long
def test_a_silent_database_is_reported_and_then_used_again(
    centre: Centre, main_user: Person, central: UUID, proxy: Proxy
) -> None:
    """By default within 12 s: a statement's timeout, and the margin."""
    app = served(proxy.address, statement_timeout_ms=1000, connections=2)
    with serving(app) as address:
        calling = to(address, main_user, centre)
        assert calling.get(PATH).status_code == 200
        proxy.be_silent(True)
        with (
            at_once(4, lambda: calling.post(PATH, asked(central), key="one")) as writes,
            at_once(2, lambda: httpx.get(f"{address}/readyz", timeout=30)) as probes,
        ):
            assert httpx.get(f"{address}/livez").status_code == 200
        for answer, seconds in writes:
            assert refusal(answer) == (503, "busy")
            assert seconds < 1 + MARGIN_SECONDS + STANDSTILL_SECONDS
        for answer, seconds in probes:
            assert refusal(answer) == (503, "not-ready")
            assert seconds < 5
        proxy.be_silent(False)
        began = time.monotonic()
        while calling.post(PATH, asked(central), key="one").status_code != 201:
            assert time.monotonic() - began < 10
        assert centre.rows("SELECT count(*) FROM supplementary_hour_requests") == [(1,)]
        # Two of the study centre and two of the lobby.
        assert proxy.open_connections <= 4


def test_an_absent_database_is_reported_soon(
    main_user: Person, centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STANDSTILL_SECONDS <= 5
    monkeypatch.setattr(connections, "STANDSTILL_SECONDS", 1.0)
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with (
        serving(served(nowhere)) as address,
        at_once(20, lambda: to(address, main_user, centre).get(PATH)) as answers,
    ):
        pass
    for answer, seconds in answers:
        assert refusal(answer) == (503, "busy")
        assert seconds < 3


def test_nobody_waits_for_long_where_nothing_moves_and_everybody_where_it_does(
    database: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for a new connection on a busy machine.
    limit = 3.0
    monkeypatch.setattr(connections, "STANDSTILL_SECONDS", limit)

    async def run() -> None:
        pools = pools_of(database.service)
        waited = []

        async def hold() -> None:
            began = time.monotonic()
            async with pools.connection(None):
                waited.append(time.monotonic() - began)
                await asyncio.sleep(0.5)

        # In a moving queue the last one waits for longer than the limit.
        await asyncio.gather(*(hold() for _ in range(8)))
        assert max(waited) > limit
        async with pools.connection(None):
            with pytest.raises(psycopg.OperationalError):
                await hold()
        await asyncio.gather(hold())
        await pools.close()

    asyncio.run(run())


def pools_of(address: str) -> Connections:
    return Connections(address, largest=1, idle_seconds=60, statement_timeout_ms=5000, lock_timeout_ms=1000)


@contextmanager
def read_only(database: Addresses) -> Iterator[None]:
    """For sessions that begin meanwhile."""
    name = sql.Identifier(str(conninfo_to_dict(database.service)["dbname"]))
    with psycopg.connect(database.admin, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
        try:
            yield
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))


def test_a_primary_that_becomes_read_only_is_reported_and_then_used_again(
    centre: Centre, main_user: Person, central: UUID, database: Addresses
) -> None:
    with serving(served(make_conninfo(database.service, application_name="standby"))) as address:
        calling = to(address, main_user, centre)
        with read_only(database):
            answer = calling.post(PATH, asked(central), key="one")
            assert refusal(answer) == (503, "busy")
            assert calling.get(PATH).status_code == 200
            ready = httpx.get(f"{address}/readyz")
            assert refusal(ready) == (503, "not-ready")
            assert ready.json()["checks"]["writable"] == {"ok": False}
            assert ready.json()["checks"]["database"] == {"ok": True}
        # The connections that led to a read-only server are gone.
        assert calling.post(PATH, asked(central), key="two").status_code == 503
        assert calling.post(PATH, asked(central), key="two").status_code == 201


def test_on_a_read_only_primary_those_read_whose_address_could_be_verified_now(
    centre: Centre, main_user: Person, database: Addresses
) -> None:
    address = f"{main_user.id}@example.org"
    centre.owner.execute(
        "UPDATE persons SET verified_email = NULL, verified_email_key = NULL, verified_at = NULL WHERE id = %s",
        [main_user.id],
    )
    token = centre.issuer.token_for(main_user.id, email=address, email_verified=True)
    main_user.client.headers["Authorization"] = f"Bearer {token}"
    with serving(served(database.service)) as service, read_only(database):
        answer = to(service, main_user, centre).get("/v1/me")
    assert answer.status_code == 200
    assert answer.json()["person"]["email_verified_at"] is None


@pytest.mark.parametrize(
    ("state", "is_thrown_away"),
    [
        ("25006", True),
        ("53100", True),
        ("53200", True),
        ("57P01", True),
        ("57P03", True),
        ("08006", True),
        ("58030", True),
        ("55P03", False),
        ("57014", False),
        ("40P01", False),
        ("40001", False),
    ],
)
def test_an_error_of_the_server_itself_throws_its_connection_away(
    database: Addresses, state: str, is_thrown_away: bool
) -> None:
    async def run() -> None:
        pools = pools_of(database.service)
        with pytest.raises((psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)):
            async with pools.connection(None) as first:
                await first.execute(
                    f"DO $$ BEGIN RAISE EXCEPTION 'as the server would' USING ERRCODE = '{state}'; END $$"
                )
        assert first.closed == is_thrown_away
        async with pools.connection(None) as second:
            await second.execute("SELECT 1")
        await pools.close()

    asyncio.run(run())


@pytest.mark.parametrize("pause", [0, 0.2])
@pytest.mark.parametrize(
    ("statement", "error", "is_thrown_away"),
    [
        (
            "DO $$ BEGIN RAISE EXCEPTION 'as the server would' USING ERRCODE = '55P03'; END $$",
            psycopg.errors.LockNotAvailable,
            False,
        ),
        ("SELECT pg_terminate_backend(pg_backend_pid())", psycopg.OperationalError, True),
    ],
)
def test_an_error_in_a_pipeline_ends_it(
    database: Addresses, statement: str, error: type[Exception], is_thrown_away: bool, pause: float
) -> None:
    """Whether the answer is there when the next statement is sent, or not."""

    async def fail(connection: psycopg.AsyncConnection[Any]) -> None:
        async with connection.pipeline():
            await connection.execute(statement)
            await asyncio.sleep(pause)
            await connection.execute("SELECT 1")

    async def run() -> None:
        pools = pools_of(database.service)
        async with pools.connection(None) as first:
            with pytest.raises(error):
                await fail(first)
            assert first.closed == is_thrown_away
        async with pools.connection(None) as second:
            await second.execute("SELECT 2")
        await pools.close()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_a_pipeline_of_a_connection_that_was_given_up_ends(database: Addresses) -> None:
    async def give_up(connection: psycopg.AsyncConnection[Any]) -> None:
        async with connection.pipeline():
            await connection.execute("SELECT 1")
            connection.pgconn.finish()

    async def run() -> None:
        pools = pools_of(database.service)
        async with pools.connection(None) as first:
            with pytest.raises(psycopg.OperationalError):
                await give_up(first)
            assert first.closed
        await pools.close()

    asyncio.run(run())


def test_a_network_that_is_silent_is_noticed(database: Addresses) -> None:
    async def run() -> None:
        pools = pools_of(make_conninfo(database.service, keepalives_idle=7, options="-c work_mem=5MB"))
        async with pools.connection(None) as connection:
            parameters = connection.info.get_parameters()
            shown = await (await connection.execute("SHOW work_mem")).fetchone()
        await pools.close()
        given = {name: str(value) for name, value in NETWORK.items()} | {"keepalives_idle": "7"}
        assert given.items() <= parameters.items()
        # What the address itself says stays.
        assert shown == ("5MB",)

    asyncio.run(run())
