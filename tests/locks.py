"""Concurrent transactions: another connection into the same study centre, and waiting until one waits for a lock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from app.local.embedded_postgres import Addresses
from tests.builders import Centre


@contextmanager
def another(centre: Centre, database: Addresses) -> Iterator[Centre]:
    """The same study centre over a connection of its own."""
    options = f"-c app.study_centre_id={centre.id} -c timezone=Europe/Helsinki"
    with psycopg.connect(database.owner, autocommit=True, options=options) as owner:
        yield replace(centre, owner=owner)


def until_one_waits(centre: Centre, count: int = 1) -> None:
    """Wait until so many sessions of the database wait for a lock. Raises TimeoutError if they never do."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        ((waiting,),) = centre.rows("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
        if waiting >= count:
            return
        time.sleep(0.01)
    raise TimeoutError("nobody waits for a lock")
