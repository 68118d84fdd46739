"""API keys, and the actors of all records: people and keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from psycopg.rows import args_row
from sqlalchemy import ARRAY, Column, DateTime, Text, Uuid, any_, bindparam, case, func, or_, select, update

from app.db.organisations.organisations import organisations
from app.db.paging import below, filters_of, seen_by, within_reach
from app.db.people.people import callers
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import (
    Connection,
    Query,
    columns_of,
    insert_row,
    row_of,
    study_centre_table,
)
from app.domain.people.api_keys import ApiKey

actors = study_centre_table(
    "actors",
    Column("kind", Text, nullable=False),
)

api_keys = study_centre_table(
    "api_keys",
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


# Keys go by real time, like tokens (rulebook §2.4).
_state = case(
    (api_keys.c.revoked_at.is_not(None), "revoked"),
    (api_keys.c.expires_at <= func.clock_timestamp(), "expired"),
    (api_keys.c.successor_id.is_not(None), "rotated"),
    else_="active",
)
_keys = select(*columns_of(ApiKey, api_keys, organisation_name=organisations.c.name, state=_state)).join(
    organisations, organisations.c.id == api_keys.c.organisation_id
)
keys = Resource(
    _keys,
    ApiKey,
    api_keys,
    seen=within_reach(api_keys.c.organisation_id),
    filters=filters_of(api_keys, "organisation_id", "under")
    | {"trees": below(api_keys.c.organisation_id, any_(bindparam("p_trees", type_=ARRAY(Uuid))))},
)
_unrevoked_locked = Query(
    _keys.where(api_keys.c.made_by == any_(bindparam("p_ids", type_=ARRAY(Uuid))), api_keys.c.revoked_at.is_(None))
    .order_by(api_keys.c.id)
    .with_for_update(key_share=True, of=api_keys),
    ApiKey,
)


async def lock_unrevoked_of(session: Reader, maker_ids: list[UUID]) -> list[ApiKey]:
    """The keys that these people made, expired ones too."""
    return await _unrevoked_locked.all(session.connection, p_ids=maker_ids, **seen_by(session))


async def add_key(connection: Connection, key: ApiKey, key_hash: bytes) -> None:
    """Add the key with the hash by which it is found when it is used."""
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
    """What a valid key may do, and for which organisation."""

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
# Noted once a minute, and not while the key is locked, so that no request waits for it.
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
    select(*columns_of(KeyInUse, organisations, organisation_id=api_keys.c.organisation_id, scopes=api_keys.c.scopes))
    .join(organisations, organisations.c.id == api_keys.c.organisation_id)
    .where(*_works)
    .add_cte(_noted),
    KeyInUse,
)


async def use_key(connection: Connection, key_id: UUID) -> KeyInUse | None:
    """None if the key has expired or was revoked, by the database's present state."""
    return await _used.first(connection, p_id=key_id)
