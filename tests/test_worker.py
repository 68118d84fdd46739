"""The worker's jobs, and its process from start to stop."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import pytest
import structlog
from prometheus_client import REGISTRY

from app import logs, worker
from app.db.connections import Connections
from app.db.health import purge_answers
from app.db.identifiers import new_id
from app.domain.people.personal_data import ANSWERS_KEPT_DAYS
from app.local.embedded_postgres import Addresses
from app.settings import Settings
from tests.api.people.candidates import Candidate
from tests.builders import Centre
from tests.conftest import SECRET


@asynccontextmanager
async def connected(database: Addresses) -> AsyncIterator[Connections]:
    connections = Connections(
        database.service, largest=2, idle_seconds=60, statement_timeout_ms=5_000, lock_timeout_ms=1_000
    )
    try:
        yield connections
    finally:
        await connections.close()


def with_connections(database: Addresses, act: Callable[[Connections], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with connected(database) as connections:
            return await act(connections)

    return asyncio.run(run())


@pytest.fixture
def logged(service: str) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What is logged while the test runs."""
    assert service, "the service has set up its own log"
    kept, stream = structlog.get_config(), io.StringIO()
    logs.configure("INFO", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**kept)


def test_a_broken_ledger_is_logged_and_counted(
    database: Addresses, centre: Centre, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    centre.staff()
    centre.owner.execute("INSERT INTO hour_pools (year, state, pool) VALUES (2023, -100, 99)")
    try:
        assert with_connections(database, lambda connections: worker.run(worker.check_ledgers, connections))
    finally:
        centre.owner.execute("DELETE FROM hour_pools")
    line = next(line for line in logged() if line.get("study_centre_id") == str(centre.id))
    assert (line["level"], line["event"]) == ("error", "ledger astray")
    assert line["views"] == ["ledger_pools_astray", "ledger_years_astray"]
    assert (REGISTRY.get_sample_value("tuntipankki_ledgers_astray") or 0) >= 1


def test_the_worker_expires_applications(database: Addresses, centre: Centre, settings: Settings) -> None:
    candidate = Candidate.of(centre)
    candidate.submitted()
    centre.clock(2023, 5, 15)
    assert worker.expire_all in worker.mail_jobs(settings)
    assert with_connections(database, lambda connections: worker.run(worker.expire_all, connections))
    assert centre.rows("SELECT state FROM main_user_applications") == [("expired",)]


def test_stored_answers_are_purged_after_thirty_days(database: Addresses, centre: Centre) -> None:
    centre.staff()
    for days in (0, 30, 32, 400):
        centre.owner.execute(
            "INSERT INTO stored_answers (key_digest, request_digest, status, headers, body, stored_at) "
            "VALUES (%s, 'x', 200, '{}', 'x', clock_timestamp() - make_interval(days => %s))",
            [new_id().bytes, days],
        )
    purged = with_connections(database, lambda connections: purge_answers(connections, days=ANSWERS_KEPT_DAYS))
    assert purged >= 2
    assert centre.rows(
        "SELECT extract(day FROM clock_timestamp() - stored_at)::int FROM stored_answers ORDER BY 1"
    ) == [
        (0,),
        (30,),
    ]


def test_addresses_and_links_are_removed_some_time_after_they_end(database: Addresses, centre: Centre) -> None:
    central = centre.organisation()
    main_user, person = centre.main_user(central), centre.person()
    body = {"organisation_id": str(central), "role": "training_manager", "email": "kutsuttu@example.org"}
    assert main_user.post("/v1/role-invitations", body).status_code == 201
    assert person.patch("/v1/me", {"email": "uusi@example.org"}).status_code == 200
    # The other email, with the link, is not sent, as without an email server.
    centre.owner.execute("UPDATE mails SET state = 'sent', concluded_at = now() WHERE event = 'role-invitation.made'")

    def remains() -> tuple[list[str], ...]:
        assert with_connections(database, lambda connections: worker.run(worker.remove_addresses, connections))
        addresses = (
            "SELECT email FROM email_verifications",
            "SELECT email FROM role_invitations WHERE email IS NOT NULL",
            "SELECT address FROM mails WHERE person_id IS NULL AND (address <> '' OR text <> '') ORDER BY 1",
        )
        return tuple([found for (found,) in centre.rows(rows)] for rows in addresses)

    link, invitation = ["uusi@example.org"], ["kutsuttu@example.org"]
    assert worker.remove_addresses in worker.JOBS
    centre.clock(2023, 4, 15, 11)  # The link has expired on 16 March at 12:00.
    assert remains() == (link, invitation, invitation + link)
    centre.clock(2023, 4, 15, 14)
    assert remains() == ([], invitation, invitation)
    centre.clock(2023, 6, 27)  # The invitation has expired on 29 March at 12:00.
    assert remains() == ([], invitation, invitation)
    centre.clock(2023, 6, 28)
    assert remains() == ([], [], [])
    assert main_user.get("/v1/role-invitations").json()["items"][0]["email"] is None
    states = centre.rows("SELECT state FROM mails WHERE person_id IS NULL ORDER BY event")
    assert states == [("refused",), ("sent",)]
    assert centre.rows("SELECT verified_email FROM persons WHERE id = %s", person.id) == [(f"{person.id}@example.org",)]
    assert len(centre.rows("SELECT id FROM token_mails")) == 2
    centre.owner.execute("UPDATE token_mails SET counted_at = counted_at - interval '49 hours'")
    remains()
    assert centre.rows("SELECT id FROM token_mails") == []


def test_a_failed_job_is_logged_without_its_message_and_stops_no_other(
    database: Addresses, logged: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "AGAIN_SECONDS", 0.01)
    failures: list[str] = []
    recovered, other = asyncio.Event(), asyncio.Event()

    async def fail_twice(_: Connections) -> None:
        if len(failures) < 2:
            failures.append("failed")
            raise ValueError("Salainen")
        recovered.set()

    async def succeed(_: Connections) -> None:
        other.set()

    async def work(connections: Connections) -> None:
        working = asyncio.create_task(worker.work(connections, (fail_twice, succeed)))
        async with asyncio.timeout(5):
            await recovered.wait()
            await other.wait()
        working.cancel()
        await asyncio.wait([working])

    with_connections(database, work)
    lines = [line for line in logged() if line["event"] == "job failed"]
    assert [line["job"] for line in lines] == ["fail_twice", "fail_twice"]
    assert "Salainen" not in str(lines)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2023-03-15T02:29:59+02:00", "2023-03-15T02:30:00+02:00"),
        ("2023-03-15T02:30:00+02:00", "2023-03-16T02:30:00+02:00"),
        # The nights of 23 and of 25 hours.
        ("2023-03-25T12:00:00+02:00", "2023-03-26T02:30:00+02:00"),
        ("2023-03-26T02:30:00+02:00", "2023-03-27T02:30:00+03:00"),
        ("2023-10-29T02:30:00+03:00", "2023-10-30T02:30:00+02:00"),
    ],
)
def test_the_jobs_of_the_night_run_once_a_night(now: str, night: str) -> None:
    assert worker.next_night(datetime.fromisoformat(now)) == datetime.fromisoformat(night)


def test_the_process_works_and_stops_by_its_signal(database: Addresses, centre: Centre) -> None:
    centre.staff()
    environment = os.environ | {"DATABASE_URL": database.service, "SECRET_KEY": SECRET}
    process = subprocess.Popen([sys.executable, "-m", "app.worker"], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    events = []
    try:
        for line in process.stdout:
            events.append(json.loads(line)["event"])
            if events[-1] == "answers purged":
                process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert events[0] == "worker started"
    assert events[-1] == "worker stopped"


def test_the_worker_stops_although_a_job_loses_its_cancellation(database: Addresses) -> None:
    began = asyncio.Event()

    async def deaf(_: Connections) -> None:
        with suppress(asyncio.CancelledError):
            began.set()
            await asyncio.sleep(60)

    async def act(connections: Connections) -> None:
        working = asyncio.create_task(worker.work(connections, jobs=(), often={deaf: 60}))
        await began.wait()
        working.cancel()
        await asyncio.wait([working], timeout=20)
        assert working.cancelled()

    with_connections(database, act)
