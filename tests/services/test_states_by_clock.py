"""States that follow from the clock are computed by the database, for lists and filters, as the rule book has them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import psycopg
import pytest
from sqlalchemy import ColumnElement, Table, select

from app.db.calendar import deadlines
from app.db.people import role_grants, signatories
from app.db.people.people import role_grants as role_grants_table
from app.db.statements import Command
from app.domain.calendar import deadlines as deadline_rules
from app.domain.calendar.deadlines import HELSINKI, day_of
from app.domain.people import role_grants as grant_rules
from app.domain.people import signatories as signatory_rules
from app.local.embedded_postgres import Addresses

NOW = datetime(2023, 3, 26, 0, 30, tzinfo=HELSINKI)
"""A day has just begun in Finland, in UTC it has not; the clocks go forward in it."""
DAYS = [date(2023, 3, day) for day in (25, 26, 27)]
INSTANTS = [NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)]


@pytest.fixture
def owner(database: Addresses) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database.owner, options="-c timezone=Europe/Helsinki") as connection:
        yield connection


def states(
    owner: psycopg.Connection[Any], table: Table, state: ColumnElement[Any], rows: list[dict[str, object]]
) -> list[str]:
    """The state of each row, in a table that stands before the real one and has only these columns."""
    columns, placeholders = ", ".join(rows[0]), ", ".join(["%s"] * len(rows[0]))
    owner.execute(f"CREATE TEMPORARY TABLE {table} AS SELECT {columns} FROM public.{table} WITH NO DATA".encode())
    for row in rows:
        owner.execute(f"INSERT INTO {table} VALUES ({placeholders})".encode(), list(row.values()))
    command = Command(select(state).select_from(table))
    parameters = command.set | {"p_now": NOW, "p_today": day_of(NOW)}
    # In the order in which they were inserted.
    return [state for (state,) in owner.execute(f"{command.sql} ORDER BY {table}.ctid".encode(), parameters)]


def test_deadlines(owner: psycopg.Connection[Any]) -> None:
    cases = [
        (first, last) for first, last in product([None, *DAYS], [None, *DAYS]) if not (first and last and last < first)
    ]
    rows: list[dict[str, object]] = [{"opens_on": first, "closes_on": last} for first, last in cases]
    expected = [deadline_rules.state_of(first, last, NOW) for first, last in cases]
    assert states(owner, deadlines.deadlines, deadlines.clock_state, rows) == expected
    assert set(expected) == {"upcoming", "open", "closed"}


def test_role_grants(owner: psycopg.Connection[Any]) -> None:
    cases = [(begin, end) for begin, end in product(INSTANTS, [None, *INSTANTS]) if end is None or begin <= end]
    rows: list[dict[str, object]] = [{"valid_from": begin, "valid_until": end} for begin, end in cases]
    expected = [grant_rules.state_of(begin, end, NOW) for begin, end in cases]
    assert states(owner, role_grants_table, role_grants.clock_state, rows) == expected
    assert set(expected) == {"upcoming", "in_force", "ended"}


def test_signatories(owner: psycopg.Connection[Any]) -> None:
    cases = list(product(DAYS, [None, *DAYS], [None, NOW], [None, NOW]))
    rows: list[dict[str, object]] = [
        dict(zip(("valid_from", "valid_until", "confirmed_at", "ended_at"), case, strict=True)) for case in cases
    ]
    expected = [signatory_rules.state_of(*case, NOW) for case in cases]
    assert states(owner, signatories.signatories, signatories.clock_state, rows) == expected
    assert set(expected) == {"unconfirmed", "upcoming", "in_force", "ended"}
