"""The beginning and the end of a transaction that writes, each in one message."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncClientCursor
from psycopg.types.json import Jsonb

from app.db.callers import Caller, PersonRights
from app.db.people.api_keys import KeyInUse
from app.db.sessions import Writer
from app.db.statements import Connection
from app.domain.access import SERVICE, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.delivery.reminders import Reminder


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

    rights: PersonRights
    clock_at: datetime | None
    """Time of the sandbox's clock; None is real time."""
    key_is_free: bool
    """False if another request with the same key is running now."""
    stored: StoredAnswer | None
    is_gone: bool
    """Whether the person was merged into another or erased: a remembered sign-in outlives both."""
    name: str | None
    """The caller's own, a person's or an API key's; None for a person who registers."""
    key: KeyInUse | None = None
    """What the API key may do that calls; None if it has expired or was revoked, and for people."""


async def enter(connection: Connection, caller: Caller, key_digest: bytes | None) -> Entry:
    """Begin the transaction, and find who the caller is now and whether this request was answered before.

    BEGIN and the query travel in one message. The lock on the key is tried, not waited for, so that a hundred copies
    of one request do not occupy a hundred connections.
    """
    async with AsyncClientCursor(connection) as cursor:
        await cursor.execute(_BEGIN, [caller.person_id, caller.person_id, key_digest, caller.key is not None])
        cursor.nextset()
        row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("enter() answers one row")
    name, clock_at, key_is_free, request_digest, status, headers, body, roles, is_gone, other_ids, *key = row
    stored = None if request_digest is None else StoredAnswer(request_digest, status, headers, body)
    key_in_use = None if key[0] is None else KeyInUse(*key)
    rights = PersonRights([_grant_of(role) for role in roles], other_ids or [])
    return Entry(rights, clock_at, key_is_free, stored, is_gone, name, key_in_use)


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
    statements: list[tuple[str, dict[str, object]]] = []
    if key_digest is not None or writer.records:
        answered = {
            "down_key": key_digest,
            "down_request": answer.request_digest,
            "down_status": answer.status,
            "down_headers": Jsonb(answer.headers),
            "down_body": answer.body,
        }
        statements.append((_WRITE_DOWN, _recorded(writer, request_id) | answered))
    statements += writer.last
    async with AsyncClientCursor(writer.connection) as cursor:
        # Each is bound by itself: two postings have parameters of the same names.
        bound = [cursor.mogrify(sql, parameters) for sql, parameters in statements]
        await cursor.execute("; ".join([*bound, "COMMIT"]))


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


# Everybody sees the own name.
_BEGIN = "BEGIN; SELECT name_of(%s, NULL, NULL, NULL), e.* FROM enter(%s, %s, %s) e"
_WRITE_DOWN = """SELECT write_down(%(down_key)s, %(down_request)s, %(down_status)s::smallint, %(down_headers)s,
    %(down_body)s, %(down_actor)s, %(down_at)s, %(down_request_id)s, %(down_records)s)"""
_ENQUEUE = """INSERT INTO outbox (id, event, subject_id, organisation_id, facts, made_at)
    VALUES (%(id)s, %(event)s, %(subject_id)s, %(organisation_id)s, %(facts)s, %(now)s) ON CONFLICT DO NOTHING"""
_NO_ANSWER = dict.fromkeys(["down_key", "down_request", "down_status", "down_headers", "down_body"])


async def read_clock(connection: Connection) -> datetime | None:
    """Time of the sandbox's clock; None is real time."""
    cursor = await connection.execute("SELECT clock_at FROM study_centres")
    row = await cursor.fetchone()
    return row[0] if row else None
