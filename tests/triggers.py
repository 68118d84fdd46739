"""Triggers of the tables' owner: a test makes the database refuse or delay with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql


@contextmanager
def trigger(owner: psycopg.Connection[Any], table: str, does: str, *, deferred: bool = False) -> Iterator[None]:
    """On every inserted row, immediately or at COMMIT."""
    owner.execute(
        sql.SQL(
            "CREATE FUNCTION of_a_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {}; RETURN NEW; END $$; "
            "CREATE CONSTRAINT TRIGGER of_a_test AFTER INSERT ON {} {} FOR EACH ROW EXECUTE FUNCTION of_a_test()"
        ).format(
            sql.SQL(does),
            sql.Identifier(table),
            sql.SQL("DEFERRABLE INITIALLY DEFERRED" if deferred else "NOT DEFERRABLE"),
        )
    )
    try:
        yield
    finally:
        owner.execute("DROP FUNCTION of_a_test CASCADE")
