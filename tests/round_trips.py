"""Counts the round trips of a request to the database: the number is fixed for each operation."""

from collections.abc import Generator
from typing import Any

from psycopg.pq import TransactionStatus

from app.db.connections import LimitedConnection


class CountedConnection(LimitedConnection):
    """psycopg waits for the server once for each message it sends."""

    round_trips = 0

    async def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        return await super().wait(self._counted(gen), *arguments, **options)

    def _counted(self, conversation: Any) -> Generator[Any, Any, Any]:
        """A conversation that ends before it waits, for example a commit outside a transaction, is no round trip. Nor
        is one that only sends, as within a pipeline, whose end waits for all answers."""
        try:
            waits_for = next(conversation)
        except StopIteration as end:
            return end.value
        try:
            while True:
                waits_for = conversation.send((yield waits_for))
        except StopIteration as end:
            return end.value
        finally:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                CountedConnection.round_trips += 1
