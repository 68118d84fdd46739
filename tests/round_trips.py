"""Counts how often a request goes to the database and back: the number is fixed for each operation."""

from collections.abc import Generator
from typing import Any

from psycopg import AsyncConnection


class CountedConnection(AsyncConnection[Any]):
    """psycopg waits for the server once for each message it sends."""

    round_trips = 0

    async def wait(self, generator: Generator[Any, Any, Any], *arguments: Any) -> Any:
        # As a connection goes back to its pool psycopg asks to commit; the edge has done so, and nothing is sent.
        if getattr(generator, "__name__", "") != "_commit_gen":
            CountedConnection.round_trips += 1
        return await super().wait(generator, *arguments)
