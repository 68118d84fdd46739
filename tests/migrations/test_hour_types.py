"""Hours that were moved before there were types are those of training courses, and the ledger is right as before."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import sqlalchemy.exc
from alembic import command

from app.db.health import LEDGER_VIEWS
from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.domain.hours.ledger import Transfer, correction, grant, pool_change, reservation, reversal, use
from app.local.embedded_postgres import Addresses
from tests.migrations.conftest import alembic_config
from tests.migrations.test_released import LAST_REVISION, load

BEFORE = "support_rules"
TABLES = {
    "hour_pools": "study_centre_id, year, state, pool, returned, closed_at",
    "hour_balances": "study_centre_id, central_organisation_id, year, organisation_id, common, allotment, reserved, "
    "used, lapsed, returned, allotment_lapsed, closed",
    "hour_transfers": "study_centre_id, id, position, year, kind, hours, from_account, to_account, retry_key, ordinal",
}
OLDER_POSTING = """
SELECT post_hour_transfers(%(posting_year)s::smallint, %(posting_retry_key)s, %(posting_cause_type)s::text,
    %(posting_cause_id)s, %(posting_actor_id)s::uuid, %(posting_made_at)s, %(posting_holder_ids)s::uuid[],
    %(posting_holder_central_ids)s::uuid[], %(posting_ids)s::uuid[], %(posting_kinds)s::text[],
    %(posting_hours)s::integer[], %(posting_central_ids)s::uuid[], %(posting_from_accounts)s::text[],
    %(posting_from_ids)s::uuid[], %(posting_to_accounts)s::text[], %(posting_to_ids)s::uuid[], NULL)
"""


def rows_of(admin: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: admin.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}".encode()).fetchall()
        for table, columns in TABLES.items()
    }


def post(connection: psycopg.Connection[Any], *transfers: Transfer, statement: str = posting.sql, **more: Any) -> None:
    parameters = posting_of(
        2040,
        "test",
        new_id(),
        transfers,
        retry_key=new_id().bytes,
        actor_id=None,
        made_at=datetime.now(UTC),
        **more,
    )
    connection.execute(statement.encode(), parameters)


@pytest.mark.parametrize("version", LAST_REVISION)
def test_all_hours_become_those_of_training_courses(version: str, empty_database: Addresses) -> None:
    load(version, empty_database)
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, BEFORE)
    with psycopg.connect(empty_database.admin, autocommit=True) as admin:
        before = rows_of(admin)
        assert all(before.values())
        command.upgrade(config, "head")
        assert rows_of(admin) == before
        for table in TABLES:
            types = admin.execute(f"SELECT DISTINCT hour_type FROM {table}".encode()).fetchall()
            assert types == [("training",)], table
        not_valid = "SELECT conname FROM pg_constraint WHERE NOT convalidated AND connamespace = 'public'::regnamespace"
        assert admin.execute(not_valid).fetchall() == []
        check_ledger(admin)
        # Where nobody has used the types, the version before has its tables again.
        command.downgrade(config, BEFORE)
        assert rows_of(admin) == before
        check_ledger(admin)


def check_ledger(admin: psycopg.Connection[Any]) -> None:
    for view in (view for view in LEDGER_VIEWS if view.startswith("ledger_")):
        assert admin.execute(f"SELECT * FROM {view}".encode()).fetchall() == [], view


def test_the_functions_are_called_as_before_too(empty_database: Addresses) -> None:
    """A program of the version before that is still connected moves hours of training courses."""
    config = alembic_config(empty_database.owner, empty_database.service)
    command.upgrade(config, "head")
    centre, central = new_id(), new_id()
    options = f"-c app.study_centre_id={centre}"
    with (
        psycopg.connect(empty_database.owner, options=options, autocommit=True) as owner,
        psycopg.connect(empty_database.service, options=options, autocommit=True) as service,
    ):
        owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus')", [centre])
        owner.execute(
            "INSERT INTO organisations (id, kind, central_organisation_id, name, sort_key, search_text, active_from, "
            "created_at) VALUES (%s, 'central', %s, 'Keskus', 'k', 'k', '2000-01-01', now())",
            [central, central],
        )
        moves = [pool_change(50), grant(central, 50), reservation(central, central, 9), use(central, central, 9)]
        post(service, *moves, statement=OLDER_POSTING)
        for function in ("hold_hour_pool", "lock_hour_pool", "lock_hour_year"):
            pool = service.execute(f"SELECT pool, hour_type FROM {function}(2040::smallint)".encode()).fetchone()
            assert pool == (0, "training")
        locked = service.execute("SELECT common FROM lock_hour_balances(2040::smallint, %s)", [central]).fetchall()
        assert locked == [(41,)]
        check_ledger(owner)
        # Hours of peer groups and reversals are kept: there is no way back without restoring.
        post(service, reversal(central, central, 9, has_left=False, year_is_closed=False))
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="hour_transfers_accounts_of_kind"):
            command.downgrade(config, BEFORE)
        command.upgrade(config, "head")
        post(service, pool_change(5), correction(central, 5, year_is_closed=False), hour_type="peer_group")
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="hour_balances_pkey"):
            command.downgrade(config, BEFORE)
        check_ledger(owner)
