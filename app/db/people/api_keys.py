"""API keys, and who makes things: people and keys alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import args_row
from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, below, given, within_reach
from app.db.people.people import callers
from app.db.statements import Connection, Query, insert_row, metadata, row_of, study_centre_key
from app.domain.people.api_keys import ApiKey, key_state_of

actors = Table(
    "actors",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("prefix", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Column("successor_id", Uuid),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_by", Uuid),
)

NOTED_EVERY = timedelta(minutes=1)


def _api_key(
    key_id: UUID,
    organisation_id: UUID,
    organisation_name: str,
    name: str,
    scopes: list[Any],
    prefix: str,
    made_by: UUID,
    made_at: datetime,
    expires_at: datetime,
    last_used_at: datetime | None,
    successor_id: UUID | None,
    revoked_at: datetime | None,
    revoked_by: UUID | None,
) -> ApiKey:
    state = key_state_of(datetime.now(UTC), expires_at=expires_at, revoked_at=revoked_at, successor_id=successor_id)
    return ApiKey(
        key_id,
        organisation_id,
        organisation_name,
        name,
        scopes,
        prefix,
        made_by,
        made_at,
        expires_at,
        last_used_at,
        successor_id,
        revoked_at,
        revoked_by,
        state,
    )


_keys = select(
    api_keys.c.id,
    api_keys.c.organisation_id,
    organisations.c.name.label("organisation_name"),
    api_keys.c.name,
    api_keys.c.scopes,
    api_keys.c.prefix,
    api_keys.c.made_by,
    api_keys.c.made_at,
    api_keys.c.expires_at,
    api_keys.c.last_used_at,
    api_keys.c.successor_id,
    api_keys.c.revoked_at,
    api_keys.c.revoked_by,
).join(organisations, organisations.c.id == api_keys.c.organisation_id)
_one = _keys.where(api_keys.c.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, _api_key)
_locked = Query(_one.with_for_update(key_share=True, of=api_keys), _api_key)
_unrevoked_locked = Query(
    _keys.where(api_keys.c.made_by == any_(bindparam("p_ids", type_=ARRAY(Uuid))), api_keys.c.revoked_at.is_(None))
    .order_by(api_keys.c.id)
    .with_for_update(key_share=True, of=api_keys),
    _api_key,
)

listing = Listing(
    _keys,
    _api_key,
    key=[api_keys.c.id],
    filters={
        "reach": within_reach(api_keys.c.organisation_id).condition,
        "organisation_id": given(api_keys.c.organisation_id, "organisation_id"),
        "under": below(api_keys.c.organisation_id, bindparam("p_under", type_=Uuid)),
    },
)


async def find(connection: Connection, key_id: UUID) -> ApiKey | None:
    return await _found.first(connection, p_id=key_id)


async def lock(connection: Connection, key_id: UUID) -> ApiKey | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    return await _locked.first(connection, p_id=key_id)


async def lock_unrevoked_of(connection: Connection, maker_ids: list[UUID]) -> list[ApiKey]:
    """The keys that these people made, expired ones too."""
    return await _unrevoked_locked.all(connection, p_ids=maker_ids)


async def add_key(connection: Connection, key: ApiKey, key_hash: bytes) -> None:
    """By the hash it will be found, when it is used."""
    await insert_row(connection, api_keys, **row_of(api_keys, key))
    await insert_row(connection, callers, key_hash=key_hash, api_key_id=key.id)


@dataclass(frozen=True)
class KeyOwner:
    study_centre_id: UUID
    api_key_id: UUID


async def find_key_owner(connection: Connection, key_hash: bytes) -> KeyOwner | None:
    async with connection.cursor(row_factory=args_row(KeyOwner)) as cursor:
        await cursor.execute("SELECT * FROM find_api_key(%s)", [key_hash])
        return await cursor.fetchone()


@dataclass(frozen=True)
class KeyInUse:
    """What a key that works may do, and for whom."""

    organisation_id: UUID
    kind: str
    active_from: date
    active_until: date | None
    scopes: Sequence[str]


_works = (
    api_keys.c.id == bindparam("p_id", type_=Uuid),
    api_keys.c.revoked_at.is_(None),
    api_keys.c.expires_at > func.clock_timestamp(),
)
# Noted once a minute, and not at all where somebody is just changing the key: nobody waits for it.
_noted = (
    update(api_keys)
    .where(
        api_keys.c.id
        == select(api_keys.c.id)
        .where(
            *_works,
            or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < func.clock_timestamp() - NOTED_EVERY),
        )
        .with_for_update(key_share=True, skip_locked=True)
        .scalar_subquery()
    )
    .values(last_used_at=func.clock_timestamp())
    .cte("noted")
)
_used = Query(
    select(
        api_keys.c.organisation_id,
        organisations.c.kind,
        organisations.c.active_from,
        organisations.c.active_until,
        api_keys.c.scopes,
    )
    .join(organisations, organisations.c.id == api_keys.c.organisation_id)
    .where(*_works)
    .add_cte(_noted),
    KeyInUse,
)


async def use_key(connection: Connection, key_id: UUID) -> KeyInUse | None:
    """None where it has expired or was revoked, as the database has it now."""
    return await _used.first(connection, p_id=key_id)
