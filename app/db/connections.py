"""A pool of connections per study centre: the only module that knows which centre a connection sees.

The centre is in the start options of each connection. No request can forget it, leave it or use another's: without it
the policies of row-level security show nothing.
"""

import asyncio
import json
import select
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncClientCursor, AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import TransactionStatus
from psycopg.rows import args_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from app.db.people.api_keys import KeyInUse
from app.db.sessions import Writer
from app.db.statements import Connection
from app.domain.access import NO_SIGN_IN, SERVICE, Authentication, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.delivery.reminders import Reminder

WAIT_SECONDS = 30.0
"""How long a request waits for a connection before it is rejected with `busy`: five hundred requests for the last hours
wait in one queue, and each should learn what is left (promises L4), also on a busy machine."""
STANDSTILL_SECONDS = 4.5
"""How long it waits while nobody gets one: then the database is away, or every connection waits for it."""
RECONNECT_SECONDS = 3.0
"""After this time a pool stops trying by itself, before its pauses grow; the next request makes it try again."""
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
    """Waits for each answer of the server for a time of its own, since a silent server cancels nothing."""

    longest_wait = 60.0

    async def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return await super().wait(gen, *arguments, **{"timeout": self.longest_wait, **options})
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # The answer may still come, but nobody could tell to which statement.
                self.pgconn.finish()
            raise


@dataclass(frozen=True)
class KeyRights:
    """The rights of an API key: it acts in one role of its organisation, limited by its scopes."""

    grant: RoleGrant
    scopes: frozenset[str]


@dataclass(frozen=True)
class Caller:
    study_centre_id: UUID
    person_id: UUID
    """An API key's own id when a key calls."""
    authentication: Authentication = NO_SIGN_IN
    key: KeyRights | None = None

    @property
    def key_scope(self) -> str:
        """The owner of the caller's Idempotency-Keys."""
        return str(self.person_id)


@dataclass(frozen=True)
class Newcomer(Caller):
    """A caller who registers: Idempotency-Keys belong to the sign-in, so a retry after the success is recognised."""

    @property
    def key_scope(self) -> str:
        return json.dumps([self.authentication.issuer, self.authentication.subject])


@dataclass(frozen=True)
class StoredAnswer:
    """The first answer to a request with an Idempotency-Key; `request_digest` differs for another body."""

    request_digest: bytes
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Entry:
    """The database's answer to the beginning of a transaction, in one message."""

    roles: list[RoleGrant]
    clock_at: datetime | None
    """Time of the sandbox's clock; None is real time."""
    key_is_free: bool
    """False if another request with the same key is running now."""
    stored: StoredAnswer | None
    is_gone: bool
    """Whether the person was merged into another or erased: a remembered sign-in outlives both."""
    other_ids: list[UUID]
    """Ids of those who were merged into the person, and of the API keys that any of them made."""
    key: KeyInUse | None = None
    """What the API key may do that calls; None if it has expired or was revoked, and for people."""


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


async def enter(connection: Connection, caller: Caller, key_digest: bytes | None) -> Entry:
    """Begin the transaction, and find who the caller is now and whether this request was answered before.

    BEGIN and the query travel in one message. The lock on the key is tried, not waited for, so that a hundred copies
    of one request do not occupy a hundred connections.
    """
    async with AsyncClientCursor(connection) as cursor:
        await cursor.execute(_BEGIN, [caller.person_id, key_digest, caller.key is not None])
        cursor.nextset()
        row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("enter() answers one row")
    clock_at, key_is_free, request_digest, status, headers, body, roles, is_gone, other_ids, *key = row
    stored = None if request_digest is None else StoredAnswer(request_digest, status, headers, body)
    key_in_use = None if key[0] is None else KeyInUse(*key)
    return Entry(
        [_grant_of(role) for role in roles], clock_at, key_is_free, stored, is_gone, other_ids or [], key_in_use
    )


def _grant_of(role: dict[str, Any]) -> RoleGrant:
    return RoleGrant(
        role["role"],
        UUID(role["organisation_id"]) if role["organisation_id"] else None,
        _instant_of(role["valid_from"]),
        _instant_of(role["valid_until"]) if role["valid_until"] else None,
    )


def _instant_of(text: str) -> datetime:
    """In Helsinki time, as rows have it: otherwise one instant would be two versions."""
    return datetime.fromisoformat(text).astimezone(HELSINKI)


def _text_of(fact: object) -> str:
    """Days and instants as the API's answers write them."""
    return fact.isoformat() if isinstance(fact, date) else str(fact)


async def write_down_and_commit(
    writer: Writer, request_id: str, key_digest: bytes | None, answer: StoredAnswer
) -> None:
    """Commit, after the closing statement (the answer under its key, audit entries, outbox) and the postponed ones.

    All travel in one message; if one of them is refused, COMMIT is not reached.
    """
    statements = []
    parameters: dict[str, object] = {}
    for _, bound in writer.last:
        parameters |= bound
    if key_digest is not None or writer.records:
        statements.append(_WRITE_DOWN)
        parameters |= _recorded(writer, request_id) | {
            "down_key": key_digest,
            "down_request": answer.request_digest,
            "down_status": answer.status,
            "down_headers": Jsonb(answer.headers),
            "down_body": answer.body,
        }
    async with AsyncClientCursor(writer.connection) as cursor:
        await cursor.execute("; ".join([*statements, *(sql for sql, _ in writer.last), "COMMIT"]), parameters)


async def write_down(writer: Writer) -> None:
    """Send the closing message of what stores no answer, such as a job. The caller commits."""
    for sql, parameters in writer.last:
        await writer.connection.execute(sql, parameters)
    if writer.records:
        await writer.connection.execute(_WRITE_DOWN, _NO_ANSWER | _recorded(writer, writer.request_id))


async def enqueue(connection: Connection, reminders: Iterable[Reminder], now: datetime) -> None:
    """Enqueue events without audit entries, because they follow from the clock alone: each once, by its id."""
    rows = [vars(reminder) | {"id": reminder.id, "facts": Jsonb(reminder.facts), "now": now} for reminder in reminders]
    async with connection.cursor() as cursor:
        await cursor.executemany(_ENQUEUE, rows)


def _recorded(writer: Writer, request_id: str) -> dict[str, object]:
    return {
        "down_actor": None if writer.actor is SERVICE else writer.actor.person_id,
        "down_at": writer.now,
        "down_request_id": request_id,
        "down_records": Jsonb(writer.records, dumps=lambda records: json.dumps(records, default=_text_of)),
    }


async def try_and_roll_back(writer: Writer) -> None:
    """End a dry run: let the database refuse whatever it still could, and keep nothing."""
    for sql, parameters in writer.last:
        await writer.connection.execute(sql, parameters)
    await writer.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await writer.connection.execute("ROLLBACK")


_BEGIN = "BEGIN; SELECT * FROM enter(%s, %s, %s)"
_WRITE_DOWN = """SELECT write_down(%(down_key)s, %(down_request)s, %(down_status)s::smallint, %(down_headers)s,
    %(down_body)s, %(down_actor)s, %(down_at)s, %(down_request_id)s, %(down_records)s)"""
_ENQUEUE = """INSERT INTO outbox (id, event, subject_id, organisation_id, facts, made_at)
    VALUES (%(id)s, %(event)s, %(subject_id)s, %(organisation_id)s, %(facts)s, %(now)s) ON CONFLICT DO NOTHING"""
_NO_ANSWER = dict.fromkeys(["down_key", "down_request", "down_status", "down_headers", "down_body"])


async def find_caller(connection: Connection, issuer: str, subject: str) -> Caller | None:
    async with connection.cursor(row_factory=args_row(Caller)) as cursor:
        await cursor.execute("SELECT * FROM find_caller(%s, %s)", [issuer, subject])
        return await cursor.fetchone()


async def list_study_centres(connection: Connection) -> list[UUID]:
    """All study centres with at least one known caller."""
    cursor = await connection.execute("SELECT * FROM study_centres_known() ORDER BY 1")
    return [row[0] for row in await cursor.fetchall()]


async def read_roles(connection: Connection, person_id: UUID) -> list[RoleGrant]:
    async with connection.cursor(row_factory=args_row(RoleGrant)) as cursor:
        await cursor.execute(
            "SELECT role, organisation_id, valid_from, valid_until FROM role_grants WHERE person_id = %s",
            [person_id],
        )
        return await cursor.fetchall()


async def read_clock(connection: Connection) -> datetime | None:
    """Time of the sandbox's clock; None is real time."""
    cursor = await connection.execute("SELECT clock_at FROM study_centres")
    row = await cursor.fetchone()
    return row[0] if row else None
