"""The service, the migrations, the setup and the worker take an address in every form that libpq takes."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic import command
from psycopg.conninfo import conninfo_to_dict

from app import setup
from app.db.callers import list_study_centres
from app.db.connections import Connections
from app.db.schema import prepared_database, with_options
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.conftest import SECRET
from tests.migrations.conftest import alembic_config
from tests.sandbox import another_database, role_prefix_of
from tests.server import free_port, serving

ROOT = Path(__file__).parents[2]
FORMS = {
    "postgresql": "postgresql://{user}:{password}@{host}:{port}/{dbname}",
    "postgres": "postgres://{user}:{password}@{host}:{port}/{dbname}",
    "keywords": "host={host} port={port} user={user} password={password} dbname={dbname}",
    "hosts in a URL": "postgresql://{user}:{password}@{host}:{absent},{host}:{port}/{dbname}?target_session_attrs=read-write",
    "hosts in keywords": "host={host},{host} port={absent},{port} user={user} password={password} dbname={dbname} "
    "target_session_attrs=read-write",
    "options": "postgres://{user}:{password}@{host}:{port}/{dbname}?options=-c%20work_mem%3D5MB",
}


@pytest.fixture(scope="module")
def empty(postgres_cluster: Addresses) -> Iterator[Addresses]:
    with another_database(postgres_cluster) as database:
        yield database


def written(form: str, address: str) -> str:
    return FORMS[form].format(**conninfo_to_dict(address), absent=free_port())


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_address_is_taken(empty: Addresses, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, service = written(form, empty.owner), written(form, empty.service)
    prefix = role_prefix_of(empty)
    command.upgrade(alembic_config(owner, empty.service), "head")
    with prepared_database(owner, prefix, sandbox=False):
        pass
    monkeypatch.setenv("OWNER_DATABASE_URL", owner)
    monkeypatch.setenv("ROLE_PREFIX", prefix)
    assert setup.main(["--study-centre", "Opintokeskus", "--staff", "https://id.example.org", form]) == 0

    async def list_centres() -> int:
        connections = Connections(service, largest=1, idle_seconds=60, statement_timeout_ms=5000, lock_timeout_ms=1000)
        async with connections.connection(None) as lobby:
            centres = await list_study_centres(lobby)
        async with connections.apart(centres[0], statement_timeout_ms=5000) as apart:
            assert await (await apart.execute("SELECT name FROM study_centres")).fetchone() == ("Opintokeskus",)
        await connections.close()
        return len(centres)

    assert asyncio.run(list_centres()) > 0


def test_alembic_and_the_service_read_them_from_the_environment(
    empty: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = "hosts in keywords"
    monkeypatch.setenv("OWNER_DATABASE_URL", written(form, empty.owner))
    monkeypatch.setenv("ROLE_PREFIX", role_prefix_of(empty))
    subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, check=True, capture_output=True)
    settings = Settings(database_url=written(form, empty.service), secret_key=SECRET, sandbox=True)
    with serving(create_app(settings)) as address:
        assert httpx.get(f"{address}/readyz", timeout=30).json()["checks"]["migrations"]["ok"]


def test_options_of_an_address_stay(empty: Addresses) -> None:
    with psycopg.connect(with_options(written("options", empty.owner), "-c lock_timeout=5s")) as connection:
        shown = [connection.execute(f"SHOW {name}").fetchone() for name in ("work_mem", "lock_timeout")]
    assert shown == [("5MB",), ("5s",)]
