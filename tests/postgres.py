"""The PostgreSQL of a test process: one of its own, or the one of TEST_DATABASE_URL."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.local.embedded_postgres import Addresses, prepare_database, running_postgres


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """Each worker has a cluster of its own, unless the environment names a server that they share."""
    if server := os.environ.get("TEST_DATABASE_URL"):
        yield from _database_on(server)
        return
    bindir = os.environ.get("PG_BINDIR")
    with running_postgres(
        tmp_path_factory.mktemp("database"), bindir=Path(bindir) if bindir else None, durable=False
    ) as addresses:
        yield addresses


def _database_on(server: str) -> Iterator[Addresses]:
    """Roles belong to the whole server, so their names are this process's own and are removed with it."""
    name = f"tuntipankki_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    try:
        yield prepare_database(server, name, owner=secrets.token_urlsafe(), service=secrets.token_urlsafe())
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            owned = connection.execute(
                "SELECT datname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba WHERE rolname = %s",
                [f"{name}_owner"],
            ).fetchall()
            for statement, names in (
                ("DROP DATABASE {} WITH (FORCE)", [row[0] for row in owned]),
                ("DROP ROLE {}", [f"{name}_owner", f"{name}_service"]),
            ):
                for each in names:
                    connection.execute(sql.SQL(statement).format(sql.Identifier(each)))
