"""Counts the round trips of a request to the database: the number is fixed for each operation."""

from collections.abc import Generator
from typing import Any

from app.db.connections import LimitedConnection


class CountedConnection(LimitedConnection):
    """psycopg waits for the server once for each message it sends."""

    round_trips = 0

    async def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        return await super().wait(_counted(gen), *arguments, **options)


def _counted(conversation: Any) -> Generator[Any, Any, Any]:
    """A conversation that ends before it waits, for example a commit outside a transaction, is no round trip."""
    try:
        waits_for = next(conversation)
        CountedConnection.round_trips += 1
        while True:
            waits_for = conversation.send((yield waits_for))
    except StopIteration as end:
        return end.value
