"""Plans that a session makes while the tables are empty, and keeps, read few rows when the tables have grown."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command

from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.domain.hours.ledger import Transfer, grant, hour_return, pool_change
from app.local.embedded_postgres import Addresses
from tests.migrations.conftest import alembic_config

ANSWERS = 100_000
PEOPLE = 2_000
CENTRALS = 800
ROWS_READ = """
SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
WHERE seq_tup_read + coalesce(idx_tup_fetch, 0) > 0
"""


@pytest.mark.parametrize("analysed", [True, False])
def test_beginning_and_ending_a_write_reads_few_rows(empty_database: Addresses, analysed: bool) -> None:
    command.upgrade(alembic_config(empty_database.owner, empty_database.service), "head")
    centre, person = new_id(), new_id()
    options = f"-c app.study_centre_id={centre}"
    with (
        psycopg.connect(empty_database.owner, options=options, autocommit=True) as owner,
        psycopg.connect(empty_database.service, options=options, autocommit=True) as service,
    ):
        owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus')", [centre])
        if analysed:
            owner.execute("ANALYZE")
        for _ in range(10):
            begin(service, person, new_id().bytes)
        for statement in (
            f"INSERT INTO stored_answers (key_digest, request_digest, status, headers, body) "
            f"SELECT sha256(n::text::bytea), '', 200, '{{}}', '' FROM generate_series(1, {ANSWERS}) n",
            f"INSERT INTO persons (id, name, email, created_at) "
            f"SELECT gen_random_uuid(), 'Aino', n::text, now() FROM generate_series(1, {PEOPLE}) n",
            "INSERT INTO role_grants (id, person_id, role, valid_from) "
            "SELECT gen_random_uuid(), id, 'staff', now() FROM persons",
        ):
            owner.execute(statement.encode())
        [person] = owner.execute("SELECT id FROM persons LIMIT 1").fetchone() or ()
        with service.transaction():
            before: dict[str, int] = dict(service.execute(ROWS_READ).fetchall())
            write(service, person)
            after: dict[str, int] = dict(service.execute(ROWS_READ).fetchall())
    read = {table: rows - before.get(table, 0) for table, rows in after.items()}
    if analysed:
        # All indexes seem to cost nothing then. Roles are hundreds, and counted again within a minute.
        del read["role_grants"]
    assert sum(read.values()) <= 12, read


def write(service: psycopg.Connection[Any], person: object) -> None:
    key = new_id().bytes
    begin(service, person, key)
    record = f'[{{"id": "{new_id()}", "action": "a.b", "subject_id": "{new_id()}", "facts": {{}}}}]'
    service.execute("SELECT write_down(%s, '', 200::smallint, '{}', '', NULL, now(), '', %s::jsonb)", [key, record])


def begin(service: psycopg.Connection[Any], person: object, key: bytes) -> None:
    service.execute("SELECT * FROM enter(%s, %s, false)", [person, key])
    service.execute("SELECT * FROM enter(%s, %s, true)", [person, key])


def test_moving_hours_reads_few_rows_of_tables_that_were_never_counted(empty_database: Addresses) -> None:
    command.upgrade(alembic_config(empty_database.owner, empty_database.service), "head")
    centre, centrals = new_id(), [new_id() for _ in range(CENTRALS)]
    options = f"-c app.study_centre_id={centre}"
    with (
        psycopg.connect(empty_database.owner, options=options, autocommit=True) as owner,
        psycopg.connect(empty_database.service, options=options, autocommit=True) as service,
    ):
        owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus')", [centre])
        owner.execute(
            "INSERT INTO organisations (id, kind, central_organisation_id, name, sort_key, search_text, active_from, "
            "created_at) SELECT id, 'central', id, 'Keskus', 'k', 'k', '2000-01-01', now() FROM unnest(%s::uuid[]) id",
            [centrals],
        )
        post(owner, centre, pool_change(100 * CENTRALS), *(grant(each, 100) for each in centrals))
        for _ in range(12):  # After ten, both psycopg and PostgreSQL keep their plans.
            with service.transaction():
                before: dict[str, int] = dict(service.execute(ROWS_READ).fetchall())
                post(service, centre, hour_return(centrals[-1], 1))
                after: dict[str, int] = dict(service.execute(ROWS_READ).fetchall())
            read = {table: rows - before.get(table, 0) for table, rows in after.items()}
            # The pool's row to hold, for the foreign key, and to move; the balance's to lock and to move.
            assert sum(read.values()) <= 8, read


def post(connection: psycopg.Connection[Any], cause_id: UUID, *transfers: Transfer) -> None:
    parameters = posting_of(
        2023, "test", cause_id, transfers, retry_key=new_id().bytes, actor_id=None, made_at=datetime.now(UTC)
    )
    connection.execute(posting.sql, posting.set | parameters)
