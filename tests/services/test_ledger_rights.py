"""The service's role writes, changes and removes transfers and balances only through the ledger's functions."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from app.domain.hours.ledger import grant, pool_change
from app.local.embedded_postgres import Addresses
from tests.builders import Centre

TABLES = ("hour_transfers", "hour_balances", "hour_pools")


@pytest.fixture
def service_role(centre: Centre, database: Addresses) -> Iterator[psycopg.Connection[Any]]:
    """As the service connects, into a study centre whose ledger has rows in all its tables."""
    centre.post(2023, pool_change(100), grant(centre.organisation(), 10))
    options = f"-c app.study_centre_id={centre.id}"
    with psycopg.connect(database.service, autocommit=True, options=options) as connection:
        yield connection


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}",
        "UPDATE {} SET year = year",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "SELECT FROM {} FOR UPDATE",
        "COPY {} FROM STDIN",
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
    ],
)
def test_the_ledgers_tables_are_written_only_through_its_functions(
    service_role: psycopg.Connection[Any], table: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service_role.execute(statement.format(table, table))


@pytest.mark.parametrize("table", TABLES)
def test_the_service_reads_the_ledgers_tables(service_role: psycopg.Connection[Any], table: str) -> None:
    assert service_role.execute(f"SELECT * FROM {table}").fetchall()


@pytest.mark.parametrize("table", TABLES)
def test_another_study_centres_rows_are_invisible(
    service_role: psycopg.Connection[Any], database: Addresses, table: str
) -> None:
    assert service_role.execute(f"SELECT FROM {table}").fetchall()
    with psycopg.connect(database.service, autocommit=True) as nowhere:
        assert nowhere.execute(f"SELECT FROM {table}").fetchall() == []


def test_a_function_of_the_ledger_cannot_be_replaced(service_role: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service_role.execute("ALTER FUNCTION post_hour_transfers SECURITY INVOKER")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        service_role.execute("CREATE FUNCTION own_study_centre() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'")


def test_the_ledgers_functions_have_a_search_path_of_their_own(service_role: psycopg.Connection[Any]) -> None:
    """A temporary table of the caller's is not used instead of the ledger's."""
    service_role.execute("CREATE TEMP TABLE hour_pools (study_centre_id uuid, year smallint, pool integer)")
    row = service_role.execute("SELECT pool FROM lock_hour_pool(2023::smallint)").fetchone()
    assert row == (90,)
