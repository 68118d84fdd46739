"""A pool of connections per study centre: the only module that knows which centre a connection sees.

The centre is in the start options of each connection. No request can forget it, leave it or use another's: without it
the policies of row-level security show nothing.
"""

import asyncio
import select
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from app.db.statements import Connection

WAIT_SECONDS = 30.0
"""How long a request waits for a connection before it is rejected with `busy`: five hundred requests for the last hours
wait in one queue, and each should learn what is left (promises L4), also on a busy machine."""
STANDSTILL_SECONDS = 4.5
"""How long it waits while nobody gets one: then the database is away, or every connection waits for it."""
RECONNECT_SECONDS = 3.0
"""After this time a pool stops trying by itself, before its pauses grow; the next request makes it try again."""
MOST_SNAPSHOTS = 4
"""Of a process, at the same time. Further ones wait as for a connection."""
SNAPSHOT_STATEMENT_MS = 60_000
"""For each statement on a snapshot: nobody else waits for its connection."""
MARGIN_SECONDS = 2.0
"""The database has so long, after a statement's timeout, to say that it has cancelled it."""
NETWORK = {
    "connect_timeout": 3,  # For each host.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""libpq's parameters by which a network that is silent is noticed, unless the address has its own."""
SPOILING = ("08", "53", "57P", "58")
"""SQLSTATEs of errors after which a connection is thrown away: connection, resources, intervention, system. (Canceled
statements, 57014, leave it in order.)"""


class LimitedConnection(AsyncConnection[Any]):
    """Waits for each answer of the server for a time of its own, since a silent server cancels nothing. The answers of
    a pipeline have one time together."""

    longest_wait = 60.0

    async def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        if self.closed:
            # The end of a pipeline would wait for ever.
            raise psycopg.OperationalError("the connection is closed")
        try:
            return await super().wait(gen, *arguments, **{"timeout": self.longest_wait, **options})
        except psycopg.OperationalError as error:
            # What has an SQLSTATE is an answer, in a pipeline too, which is read to its end.
            if error.sqlstate is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # The answer may still come, but nobody could tell to which statement.
                self.pgconn.finish()
            raise


class Connections:
    """Opens the pool of a study centre when it is first needed; `close` closes them all."""

    def __init__(
        self,
        address: str,
        *,
        largest: int,
        idle_seconds: float,
        statement_timeout_ms: int,
        lock_timeout_ms: int,
        connection_class: type[LimitedConnection] = LimitedConnection,
    ) -> None:
        self._address: dict[str, Any] = {**NETWORK, **conninfo_to_dict(address)}
        self._largest = largest
        self._idle_seconds = idle_seconds
        self._class = connection_class
        self._statement_timeout_ms = statement_timeout_ms
        self._lock_timeout_ms = lock_timeout_ms
        self._pools: dict[UUID | None, AsyncConnectionPool[LimitedConnection]] = {}
        self._opening = asyncio.Lock()
        self._waiting: dict[UUID | None, _Waiting] = defaultdict(_Waiting)
        self._snapshots = asyncio.Semaphore(MOST_SNAPSHOTS)

    @asynccontextmanager
    async def connection(self, study_centre_id: UUID | None) -> AsyncIterator[Connection]:
        """A connection that sees that centre; None is the lobby, which sees no centre's rows."""
        pool = self._pools.get(study_centre_id) or await self._open(study_centre_id)
        connection = await self._waiting[study_centre_id].connection_of(pool)
        try:
            yield connection
        except ReadOnlySqlTransaction:
            # The server has become a standby, and the other connections lead to it too.
            await connection.close()
            for each in self._pools.values():
                await each.drain()
            raise
        except psycopg.Error as error:
            if (error.sqlstate or "").startswith(SPOILING):
                await connection.close()
            raise
        finally:
            await pool.putconn(connection)

    @asynccontextmanager
    async def apart(self, study_centre_id: UUID, *, statement_timeout_ms: int) -> AsyncIterator[Connection]:
        """A connection outside the pools, for the long queries of operators and jobs."""
        parameters = self._parameters(study_centre_id, statement_timeout_ms)
        async with await self._class.connect(**parameters) as connection:
            connection.longest_wait = _longest_wait(statement_timeout_ms)
            yield connection

    @asynccontextmanager
    async def snapshot(self, study_centre_id: UUID) -> AsyncIterator[Connection]:
        """A connection outside the pools that reads the database as it is at the first statement.

        It lasts as long as its caller takes to receive what is read. The database ends it if no statement comes for
        30 seconds.
        """
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._snapshots.acquire()
        except TimeoutError:
            raise PoolTimeout("no snapshot ended") from None
        try:
            async with self.apart(study_centre_id, statement_timeout_ms=SNAPSHOT_STATEMENT_MS) as connection:
                await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
                await connection.set_read_only(True)
                async with connection.transaction():
                    yield connection
        finally:
            self._snapshots.release()

    async def close(self) -> None:
        for pool in self._pools.values():
            await pool.close()

    def _parameters(self, study_centre_id: UUID | None, statement_timeout_ms: int) -> dict[str, Any]:
        centre = f" -c app.study_centre_id={study_centre_id}" if study_centre_id else ""
        options = (
            f"-c timezone=Europe/Helsinki -c statement_timeout={statement_timeout_ms} "
            f"-c lock_timeout={self._lock_timeout_ms} -c idle_in_transaction_session_timeout=30000{centre}"
        )
        given = self._address.get("options")
        return self._address | {"autocommit": True, "options": f"{given} {options}" if given else options}

    async def _open(self, study_centre_id: UUID | None) -> AsyncConnectionPool[LimitedConnection]:
        async with self._opening:
            if study_centre_id not in self._pools:
                longest_wait = _longest_wait(self._statement_timeout_ms)

                async def configure(connection: LimitedConnection) -> None:
                    connection.longest_wait = longest_wait

                async def check(connection: LimitedConnection) -> None:
                    if _has_input(connection):
                        # If the server has closed one connection, it has usually closed more, and the pool would try
                        # one a second.
                        await pool.check()
                        await pool.check_connection(connection)

                pool = AsyncConnectionPool(
                    connection_class=self._class,
                    kwargs=self._parameters(study_centre_id, self._statement_timeout_ms),
                    min_size=0,
                    max_size=self._largest,
                    max_idle=self._idle_seconds,
                    timeout=WAIT_SECONDS,
                    reconnect_timeout=RECONNECT_SECONDS,
                    configure=configure,
                    check=check,
                    open=False,
                )
                await pool.open()
                self._pools[study_centre_id] = pool
            return self._pools[study_centre_id]


def _longest_wait(statement_timeout_ms: int) -> float:
    return statement_timeout_ms / 1000 + MARGIN_SECONDS


class _Waiting:
    """The requests that wait for a connection of one pool. Each gives up when nobody has got one for some seconds."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._moved_at = 0.0

    async def connection_of(self, pool: AsyncConnectionPool[LimitedConnection]) -> LimitedConnection:
        """Raise PoolTimeout at a standstill."""
        try:
            async with asyncio.timeout(STANDSTILL_SECONDS) as limit:
                self._limits.add(limit)
                try:
                    connection = await pool.getconn()
                finally:
                    self._limits.discard(limit)
        except TimeoutError:
            raise PoolTimeout("no connection came, and nobody else's either") from None
        now = asyncio.get_running_loop().time()
        if self._limits and now > self._moved_at + STANDSTILL_SECONDS / 5:
            self._moved_at = now
            for each in self._limits:
                each.reschedule(now + STANDSTILL_SECONDS)
        return connection


def _has_input(connection: Connection) -> bool:
    """Whether an idle connection has something to read, most often the server's farewell.

    Only the operating system is asked, so there is no round trip.
    """
    poll = select.poll()
    poll.register(connection.pgconn.socket, select.POLLIN)
    return bool(poll.poll(0))
