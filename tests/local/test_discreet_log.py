"""PostgreSQL's log holds no text that a caller sent, whatever fails."""

import os
import signal
import threading
from pathlib import Path

import psycopg
import pytest

from app.local.embedded_postgres import running_postgres

MARKER = "salainen-teksti"
FAILING = [
    f"SELECT '{MARKER}'::uuid",
    f'SELECT 1 / 0 AS "{MARKER}"',
    f"SELECT nowhere('{MARKER}')",
    f"INSERT INTO texts VALUES ('{MARKER}'), ('{MARKER}')",
    f"INSERT INTO texts VALUES (repeat('{MARKER}', 5))",
    f"DO $$ BEGIN RAISE EXCEPTION '{MARKER}' USING DETAIL = '{MARKER}', HINT = '{MARKER}'; END $$",
    f"DO $$ BEGIN RAISE WARNING '{MARKER}'; END $$; SELECT 1 / 0",
    f"SET LOCAL statement_timeout = 10; SELECT pg_sleep(5), '{MARKER}'",
]


def test_the_log_holds_no_texts_of_callers(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    with running_postgres(tmp_path, durable=False) as addresses:
        for address in (addresses.service, addresses.owner):
            with psycopg.connect(addresses.owner, autocommit=True) as owner:
                owner.execute("DROP TABLE IF EXISTS texts")
                owner.execute("CREATE TABLE texts (text varchar(40) PRIMARY KEY)")
                owner.execute("GRANT ALL ON texts TO PUBLIC")
            with psycopg.connect(address, autocommit=True) as connection:
                for statement in FAILING:
                    with pytest.raises(psycopg.Error):
                        connection.execute(statement)
                # With parameters, which are bound and prepared.
                connection.execute("INSERT INTO texts VALUES (%s)", [MARKER])
                for _ in range(2):
                    with pytest.raises(psycopg.errors.UniqueViolation):
                        connection.execute("INSERT INTO texts VALUES (%s)", [MARKER], prepare=True)
                with pytest.raises(psycopg.errors.InvalidTextRepresentation):
                    connection.execute("SELECT %s::text::integer", [MARKER], prepare=True)
        # A process that crashes is reported with the statement that it ran.
        with psycopg.connect(addresses.service, autocommit=True) as connection:
            pid = connection.info.backend_pid
            threading.Timer(0.3, os.kill, (pid, signal.SIGSEGV)).start()
            with pytest.raises(psycopg.OperationalError):
                connection.execute(f"SELECT pg_sleep(10), '{MARKER}'")
    written = log.read_text(errors="replace")
    assert "was terminated by signal 11" in written
    assert MARKER not in written
