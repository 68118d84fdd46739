"""`/livez`, `/readyz`, `/metrics`: on a database that keeps what it acknowledges, and on one that does not."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from alembic import command
from fastapi import FastAPI
from psycopg import sql
from psycopg.conninfo import make_conninfo

from app.api import metrics, operational
from app.api.backend import Extension
from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses, running_postgres
from app.main import create_app as create_service
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person, refusal
from tests.conftest import SECRET
from tests.migrations.conftest import alembic_config
from tests.server import NO_TLS, free_port, serving

ALL_LEDGERS = 120
"""Seconds for the deep form where all tests before have left their study centres."""


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """A cluster as operators run it: migrated, and writing through to the disk."""
    with running_postgres(tmp_path_factory.mktemp("durable")) as addresses:
        command.upgrade(alembic_config(addresses.owner, addresses.service), "head")
        yield addresses


def served(addresses: Addresses, **configured: Any) -> FastAPI:
    return create_app(Settings(database_url=addresses.service, secret_key=SECRET, sandbox=True, **configured))


def test_a_process_that_answers_is_alive(service: str) -> None:
    answer = httpx.get(f"{service}/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_a_service_whose_checks_all_pass_is_ready(durable: Addresses) -> None:
    with serving(served(durable)) as address:
        answer = httpx.get(f"{address}/readyz")
        deep = httpx.get(f"{address}/readyz", params={"deep": True})
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    checks = answer.json()["checks"]
    assert {name: check["ok"] for name, check in checks.items()} == {
        "database": True,
        "writable": True,
        "migrations": True,
        "clock": True,
        "fsync": True,
        "synchronous_commit": True,
    }
    assert checks["migrations"]["found"] == checks["migrations"]["expected"]
    assert deep.json()["checks"]["ledger"]["ok"]


def test_a_database_that_may_lose_commits_is_not_ready(service: str, database: Addresses) -> None:
    """The tests' own cluster runs without fsync; one that the environment names may run with it."""
    with psycopg.connect(database.owner) as owner:
        fsync = owner.execute("SELECT current_setting('fsync') = 'on'").fetchall()[0][0]
    answer = httpx.get(f"{service}/readyz")
    checks = answer.json()["checks"]
    assert checks["fsync"] == {"ok": fsync}
    assert checks["synchronous_commit"] == {"ok": fsync}
    assert all(check["ok"] for name, check in checks.items() if name not in {"fsync", "synchronous_commit"})
    assert answer.status_code == (200 if fsync else 503)
    if not fsync:
        assert refusal(answer) == (503, "not-ready")
        assert answer.headers["Retry-After"]


def failing(answer: httpx.Response) -> set[str]:
    """The checks for which readiness is refused."""
    assert refusal(answer) == (503, "not-ready")
    return {name for name, check in answer.json()["checks"].items() if not check["ok"]}


def test_a_database_that_acknowledges_what_it_has_not_written_is_not_ready(durable: Addresses) -> None:
    unsafe = make_conninfo(durable.service, options="-c synchronous_commit=off")
    with serving(served(replace(durable, service=unsafe))) as address:
        assert failing(httpx.get(f"{address}/readyz")) == {"synchronous_commit"}


def test_a_database_on_this_machine_that_is_short_of_disk_is_not_ready(
    durable: Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(served(durable, database_dir=tmp_path)) as address:
        answer = httpx.get(f"{address}/readyz")
        assert answer.status_code == 200
        assert answer.json()["checks"]["disk"]["free_bytes"] > operational.LEAST_FREE_BYTES
        monkeypatch.setattr(operational, "LEAST_FREE_BYTES", 2**60)
        assert failing(httpx.get(f"{address}/readyz")) == {"disk"}


def test_a_database_of_another_revision_is_not_ready(durable: Addresses) -> None:
    with psycopg.connect(durable.owner, autocommit=True) as owner, serving(served(durable)) as address:
        (head,) = owner.execute("SELECT version_num FROM alembic_version").fetchall()[0]
        try:
            owner.execute("UPDATE alembic_version SET version_num = 'elsewhere'")
            elsewhere = httpx.get(f"{address}/readyz")
            owner.execute("DELETE FROM alembic_version")
            nowhere = httpx.get(f"{address}/readyz")
        finally:
            owner.execute("DELETE FROM alembic_version")
            owner.execute("INSERT INTO alembic_version VALUES (%s)", [head])
    assert refusal(elsewhere) == (503, "not-ready")
    assert elsewhere.json()["checks"]["migrations"] == {"ok": False, "found": "elsewhere", "expected": head}
    assert nowhere.json()["checks"]["migrations"]["found"] is None


def test_without_its_database_a_service_is_alive_but_not_ready() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:9/nothing"
    with serving(served(Addresses(service=nowhere, owner=nowhere, admin=nowhere))) as address:
        began = time.monotonic()
        answer = httpx.get(f"{address}/readyz", timeout=20)
        assert time.monotonic() - began < 10
        assert refusal(answer) == (503, "not-ready")
        assert not any(check["ok"] for check in answer.json()["checks"].values())
        assert httpx.get(f"{address}/livez").status_code == 200


@pytest.mark.long
def test_a_service_is_ready_again_soon_after_its_database_is_back(tmp_path: Path) -> None:
    """However long the database was away: the pool's pauses between attempts do not grow."""
    with ExitStack() as cluster:
        addresses = cluster.enter_context(running_postgres(tmp_path))
        command.upgrade(alembic_config(addresses.owner, addresses.service), "head")
        with serving(served(addresses)) as address:
            assert httpx.get(f"{address}/readyz").status_code == 200
            cluster.close()
            for _ in range(2):
                assert httpx.get(f"{address}/readyz").status_code == 503
            cluster.enter_context(running_postgres(tmp_path))
            began = time.monotonic()
            while httpx.get(f"{address}/readyz").status_code != 200:
                assert time.monotonic() - began < 10


def test_the_deep_form_finds_a_broken_ledger(durable: Addresses) -> None:
    centre_id, person_id = new_id(), new_id()
    with (
        psycopg.connect(durable.owner, autocommit=True, options=f"-c app.study_centre_id={centre_id}") as owner,
        serving(served(durable)) as address,
    ):
        owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus Esimerkki')", [centre_id])
        owner.execute(
            "INSERT INTO persons (id, name, email, created_at) VALUES (%s, 'Aino', 'aino@example.org', now())",
            [person_id],
        )
        owner.execute("INSERT INTO callers VALUES ('issuer', 'aino', %s, %s)", [centre_id, person_id])
        owner.execute("INSERT INTO hour_pools (year, state, pool) VALUES (2023, -100, 99)")
        try:
            answer = httpx.get(f"{address}/readyz", params={"deep": True})
            owner.execute("DELETE FROM hour_pools")
            kept = httpx.get(f"{address}/readyz", params={"deep": True})
            assert httpx.get(f"{address}/readyz").status_code == 200
        finally:
            for table in (
                "hour_pools",
                "support_rules",
                "topic_classes",
                "callers",
                "persons",
                "actors",
                "study_centres",
            ):
                owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    assert refusal(answer) == (503, "not-ready")
    assert answer.json()["checks"]["ledger"]["astray"] == {
        str(centre_id): ["ledger_pools_astray", "ledger_years_astray"]
    }
    assert kept.json()["checks"] == answer.json()["checks"] | {"clock": kept.json()["checks"]["clock"]}


def test_in_a_sandbox_everybody_sees_the_deep_form(service: str) -> None:
    for headers in ({}, {"X-Forwarded-For": "192.0.2.1"}):
        answer = httpx.get(f"{service}/readyz", params={"deep": "true"}, headers=headers, timeout=ALL_LEDGERS)
        assert answer.json()["checks"]["ledger"]


@pytest.fixture
def deployed(database: Addresses) -> Iterator[tuple[str, str]]:
    """A service outside a sandbox, and the address of what operators alone see; both take a sandbox's tokens."""
    port = free_port()
    settings = Settings(database_url=database.service, secret_key=SECRET, metrics_port=port)
    extension = Extension(issuers=[SandboxIssuer(SECRET).keys], reads_clock=True)
    with serving(create_service(settings, extension=extension)) as address:
        yield address, f"http://127.0.0.1:{port}"


def test_the_deep_form_is_for_staff_whatever_is_in_front(centre: Centre, deployed: tuple[str, str]) -> None:
    address, operators = deployed
    deep = {"deep": "true"}

    def ask(person: Person | None, **headers: str) -> httpx.Response:
        if person:
            headers["Authorization"] = person.client.headers["Authorization"]
        return httpx.get(f"{address}/readyz", params=deep, headers=headers, timeout=ALL_LEDGERS)

    main_user = centre.main_user(centre.organisation())
    for forwarded in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
        assert refusal(ask(None, **forwarded)) == (401, "unauthenticated")
        assert refusal(ask(main_user, **forwarded)) == (403, "forbidden")
        assert ask(centre.staff(), **forwarded).json()["checks"]["ledger"]
    assert httpx.get(f"{operators}/readyz", params=deep, timeout=ALL_LEDGERS).json()["checks"]["ledger"]
    assert "ledger" not in httpx.get(f"{address}/readyz").json()["checks"]


def test_with_a_port_of_their_own_metrics_are_there_alone(deployed: tuple[str, str]) -> None:
    address, operators = deployed
    assert refusal(httpx.get(f"{address}/metrics")) == (404, "not-found")
    answer = httpx.get(f"{operators}/metrics")
    assert answer.status_code == 200
    assert 'tuntipankki_requests_total{method="GET"' in answer.text
    assert answer.headers["X-Request-Id"]
    assert httpx.get(f"{operators}/livez").json() == {"status": "alive"}
    for path in ("/docs", "/openapi.json", "/v1/me", "/nowhere"):
        assert refusal(httpx.get(f"{operators}{path}")) == (404, "not-found")
    assert refusal(httpx.post(f"{operators}/metrics")) == (405, "method-not-allowed")
    for path in ("/metrics", "/livez", "/readyz"):
        head = httpx.head(f"{operators}{path}")
        assert (head.status_code == 405, head.content) == (False, b"")


def test_metrics_count_all_processes_of_a_start(database: Addresses, tmp_path: Path) -> None:
    port, operators_port = free_port(), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database.service,
        "SECRET_KEY": SECRET,
        "PORT": str(port),
        "METRICS_PORT": str(operators_port),
        "WORKERS": "2",
        "TMPDIR": str(tmp_path),
        "LOG_LEVEL": "ERROR",
    }
    starting = subprocess.Popen([sys.executable, "-m", "app.serving"], env=environment)
    try:
        # Each connection goes to one of the processes, which makes its file when it counts first.
        with httpx.Client(verify=NO_TLS, headers={"Connection": "close"}, timeout=30) as client:

            def ask() -> int:
                return client.get(f"http://127.0.0.1:{port}/nowhere").status_code

            wait_until(lambda: ask() == 404)
            asked = 1
            while len(list(tmp_path.glob("*/counter_*.db"))) < 2:
                asked += ask() == 404
                assert asked < 1000
        wait_until(lambda: nowhere_counted(operators_port) == asked)
        starting.terminate()
        assert starting.wait(10) == 0
        assert not list(tmp_path.iterdir())
    finally:
        starting.kill()
        starting.wait(10)


def nowhere_counted(port: int) -> float:
    lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
    counted = (line.split()[1] for line in lines if 'total{method="GET",route="none",status="404"}' in line)
    return sum(map(float, counted))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while True:
        with suppress(httpx.TransportError):
            if holds():
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_metrics_are_rendered_once_a_second(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def seen() -> str:
        return httpx.get(f"{service}/metrics").text

    assert metrics.KEPT_SECONDS == 1
    monkeypatch.setattr(metrics, "KEPT_SECONDS", 0)
    before = seen()
    monkeypatch.setattr(metrics, "KEPT_SECONDS", 600)
    httpx.get(f"{service}/nowhere")
    assert [seen() for _ in range(3)] == [before] * 3
    monkeypatch.setattr(metrics, "KEPT_SECONDS", 0)
    assert seen() != before


def test_the_document_is_kept_as_bytes(service: str) -> None:
    plain = httpx.get(f"{service}/openapi.json", headers={"Accept-Encoding": "identity"}, timeout=60)
    packed = httpx.get(f"{service}/openapi.json", headers={"Accept-Encoding": "gzip"}, timeout=60)
    assert (plain.headers["ETag"], plain.json()) == (packed.headers["ETag"], packed.json())
    assert (packed.headers["Content-Encoding"], packed.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 5
    again = httpx.get(f"{service}/openapi.json", headers={"If-None-Match": plain.headers["ETag"]}, timeout=60)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("fresh_metrics")
def test_metrics_count_by_route_and_contain_no_names(centre: Centre) -> None:
    staff = centre.staff()
    staff.get(f"/v1/supplementary-hour-requests/{centre.id}")
    staff.get("/v1/supplementary-hour-requests", params={"organisation_id": str(centre.id)})
    shown = httpx.get(f"{centre.address}/metrics").text
    counted = (
        'tuntipankki_requests_total{method="GET",route="/v1/supplementary-hour-requests/{request_id}",status="404"}'
    )
    assert counted in shown
    for value in (str(centre.id), str(staff.id), "Aino", "example.org"):
        assert value not in shown
