"""Each revision goes up, down and up again; at the newest one the database agrees with `app/db`."""

import io
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from app.db.tables import metadata
from app.local.embedded_postgres import Addresses
from tests.migrations.conftest import alembic_config


def things_in(address: str) -> set[tuple[str, str]]:
    """Relations, functions and types of the public schema, except those of extensions."""
    with psycopg.connect(address) as connection:
        return set(
            connection.execute(
                """
                SELECT kind, name FROM (
                    SELECT 'relation', oid, relname::text, relnamespace FROM pg_class
                    UNION ALL SELECT 'function', oid, proname::text, pronamespace FROM pg_proc
                    UNION ALL SELECT 'type', oid, typname::text, typnamespace FROM pg_type WHERE typcategory <> 'A'
                ) things (kind, oid, name, namespace)
                WHERE namespace = 'public'::regnamespace
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = things.oid AND d.deptype = 'e')
                """
            ).fetchall()
        )


def columns_in(address: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY 1, 2"
        ).fetchall()


def test_every_revision_goes_up_down_and_up_again(empty_database: Addresses) -> None:
    config = alembic_config(empty_database.owner, empty_database.service)
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert len(revisions) == len(set(revisions)) > 1
    before: set[tuple[str, str]] | None = None
    for revision in revisions:
        command.upgrade(config, revision)
        up, columns = things_in(empty_database.owner), columns_in(empty_database.owner)
        command.downgrade(config, "-1")
        # The first revision leaves Alembic's own table behind.
        if before is not None:
            assert things_in(empty_database.owner) == before
        command.upgrade(config, revision)
        assert (things_in(empty_database.owner), columns_in(empty_database.owner)) == (up, columns)
        before = up
    command.downgrade(config, "base")
    assert {name for _, name in things_in(empty_database.owner)} <= {
        "alembic_version",
        "_alembic_version",
        "alembic_version_pkc",
    }


def test_the_tables_in_the_code_are_those_of_the_database(head_database: Addresses) -> None:
    engine = create_engine(head_database.owner.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert described(compare_metadata(context, metadata)) == []
            for table in metadata.tables.values():
                key = inspect(connection).get_pk_constraint(table.name)["constrained_columns"]
                assert key == [column.name for column in table.primary_key], table.name
    finally:
        engine.dispose()


def described(differences: list[Any]) -> list[str]:
    """Leave out indexes, constraints and comments, which only the migrations have; the code has tables and columns."""
    flat = chain.from_iterable(each if isinstance(each, list) else [each] for each in differences)
    kinds = ("add_table", "remove_table", "add_column", "remove_column", "modify_type", "modify_nullable")
    return [str(difference) for difference in flat if difference[0] in kinds]


def test_the_lint_finds_no_lock_that_stops_the_service(postgres_cluster: Addresses) -> None:
    config = alembic_config(postgres_cluster.owner, postgres_cluster.service)
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    lint = subprocess.run(
        [Path(sys.executable).parent / "squawk", "--reporter", "gcc", "--stdin-filepath", "migrations.sql"],
        input=config.output_buffer.getvalue(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr
