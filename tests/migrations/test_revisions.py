"""Each revision goes up, down and up again; at the newest one the database agrees with `app/db`."""

import io
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy.exc
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


def test_an_upgrade_under_load_neither_fails_nor_keeps_anybody_waiting(empty_database: Addresses) -> None:
    """A transaction has read the table that the migration changes, and takes its time; others read it meanwhile."""
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, "one_posting")
    with (
        psycopg.connect(empty_database.admin) as slow,
        psycopg.connect(empty_database.admin, autocommit=True) as reader,
        ThreadPoolExecutor() as threads,
    ):
        slow.execute("SELECT FROM callers")
        upgrade = threads.submit(command.upgrade, config, "head")
        longest = 0.0
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            before = time.monotonic()
            reader.execute("SELECT FROM callers")
            longest = max(longest, time.monotonic() - before)
            time.sleep(0.02)
        assert not upgrade.done()
        slow.rollback()
        upgrade.result()
    assert longest < 2
    head = ScriptDirectory.from_config(config).get_current_head()
    with psycopg.connect(empty_database.owner) as owner:
        assert owner.execute("SELECT version_num FROM alembic_version").fetchall() == [(head,)]


def test_an_upgrade_goes_on_after_an_index_that_failed(empty_database: Addresses) -> None:
    """The first attempt is cancelled while it makes one; the second meets a deadlock, and is tried again by itself."""
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, "changes")
    with psycopg.connect(empty_database.admin, autocommit=True) as admin, ThreadPoolExecutor() as threads:
        with psycopg.connect(empty_database.admin) as slow:
            slow.execute("LOCK TABLE hour_returns IN ROW EXCLUSIVE MODE")
            upgrade = threads.submit(command.upgrade, config, "head")
            process = process_that_waits_for_index(admin, "hour_returns_changed_at")
            admin.execute("SELECT pg_cancel_backend(%s)", [process])
            with pytest.raises(sqlalchemy.exc.OperationalError, match="canceling statement"):
                upgrade.result()
        assert invalid_indexes(admin) == ["hour_returns_changed_at"]
        with psycopg.connect(empty_database.admin) as slow:
            slow.execute("LOCK TABLE hour_corrections IN ROW EXCLUSIVE MODE")
            upgrade = threads.submit(command.upgrade, config, "head")
            process_that_waits_for_index(admin, "hour_corrections_changed_at")
            slow.execute("LOCK TABLE hour_corrections IN SHARE MODE")
            assert invalid_indexes(admin) == ["hour_corrections_changed_at"]
        upgrade.result()
        assert invalid_indexes(admin) == []
        head = ScriptDirectory.from_config(config).get_current_head()
        assert admin.execute("SELECT version_num FROM alembic_version").fetchall() == [(head,)]


def process_that_waits_for_index(admin: psycopg.Connection[Any], name: str) -> int:
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        rows = admin.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE %s",
            [f"CREATE INDEX CONCURRENTLY {name} %"],
        ).fetchall()
        if rows:
            return int(rows[0][0])
        time.sleep(0.02)
    raise TimeoutError(name)


def invalid_indexes(admin: psycopg.Connection[Any]) -> list[str]:
    rows = admin.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid").fetchall()
    return [name for (name,) in rows]


def test_steps_that_are_counted_are_not_repeated(empty_database: Addresses) -> None:
    """Two down, of which the second waits in vain: another two would be three."""
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, "finite_times")
    with psycopg.connect(empty_database.admin) as slow:
        slow.execute("SELECT FROM callers")
        with pytest.raises(sqlalchemy.exc.OperationalError, match="lock timeout"):
            command.downgrade(config, "-2")
    with psycopg.connect(empty_database.owner) as owner:
        assert owner.execute("SELECT version_num FROM alembic_version").fetchall() == [("service_role",)]
