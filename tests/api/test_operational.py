"""`/livez`, `/readyz`, `/metrics`: on a database that keeps what it acknowledges, and on one that does not."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic import command
from fastapi import FastAPI
from psycopg import sql

from app.db.identifiers import new_id
from app.local.embedded_postgres import Addresses, running_postgres
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, refusal
from tests.conftest import SECRET
from tests.migrations.conftest import alembic_config
from tests.server import serving


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """A cluster as operators run it: migrated, and writing through to the disk."""
    with running_postgres(tmp_path_factory.mktemp("durable")) as addresses:
        command.upgrade(alembic_config(addresses.owner, addresses.service), "head")
        yield addresses


def served(addresses: Addresses) -> FastAPI:
    return create_app(Settings(database_url=addresses.service, secret_key=SECRET, sandbox=True))


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
        "migrations": True,
        "clock": True,
        "fsync": True,
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
    assert all(check["ok"] for name, check in checks.items() if name != "fsync")
    assert answer.status_code == (200 if fsync else 503)
    if not fsync:
        assert refusal(answer) == (503, "not-ready")
        assert answer.headers["Retry-After"]


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
            for table in ("hour_pools", "callers", "persons", "actors", "study_centres"):
                owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    assert refusal(answer) == (503, "not-ready")
    assert answer.json()["checks"]["ledger"]["astray"] == {
        str(centre_id): ["ledger_pools_astray", "ledger_years_astray"]
    }
    assert kept.json()["checks"] == answer.json()["checks"] | {"clock": kept.json()["checks"]["clock"]}


def test_from_elsewhere_the_deep_form_is_for_staff(centre: Centre) -> None:
    deep, elsewhere = {"deep": "true"}, {"X-Forwarded-For": "192.0.2.1"}
    main_user = centre.main_user(centre.organisation())
    assert refusal(httpx.get(f"{centre.address}/readyz", params=deep, headers=elsewhere)) == (401, "unauthenticated")
    assert refusal(main_user.get("/readyz", params=deep, headers=elsewhere)) == (403, "forbidden")
    assert centre.staff().get("/readyz", params=deep, headers=elsewhere).json()["checks"]["ledger"]


def test_metrics_count_by_route_and_contain_no_names(centre: Centre) -> None:
    staff = centre.staff()
    staff.get(f"/v1/supplementary-hour-requests/{centre.id}")
    staff.get("/v1/supplementary-hour-requests", params={"organisation_id": str(centre.id)})
    metrics = httpx.get(f"{centre.address}/metrics").text
    counted = (
        'tuntipankki_requests_total{method="GET",route="/v1/supplementary-hour-requests/{request_id}",status="404"}'
    )
    assert counted in metrics
    for value in (str(centre.id), str(staff.id), "Aino", "example.org"):
        assert value not in metrics
