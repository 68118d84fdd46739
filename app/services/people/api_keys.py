"""API keys: make, rotate, revoke, get and list."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Unpack
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import profiles
from app.db.organisations.organisations import get_place
from app.db.paging import OrganisationFilters, PageRequest, Slice
from app.db.people.api_keys import add_key, api_keys, keys
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, change_value
from app.domain.access import check_strong
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import NotFound
from app.domain.lists import check_once
from app.domain.people import api_keys as rules
from app.domain.people.api_keys import ApiKey, Scope

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
SECRET_BYTES = 32


async def make_key(
    writer: Writer, *, organisation_id: UUID, name: str, scopes: list[Scope], expires_in_days: int
) -> ApiKey:
    organisation, place = await profiles.get(writer, organisation_id, pointer="/organisation_id")
    rules.check_may_keep_keys(writer.actor, place)
    rules.check_may_give(writer.actor, place, scopes)
    check_strong(writer.actor)
    check_once(scopes, "/scopes/{}")
    made = await _make(writer, organisation_id, organisation.name, name, scopes, expires_in_days)
    writer.record("api-key.made", made.id, organisation_id=organisation_id, scopes=made.scopes)
    return made


async def rotate_key(writer: Writer, key_id: UUID, *, overlap_hours: int, expires_in_days: int) -> ApiKey:
    """Return the new key. The rotated key works beside it for the overlap."""
    key = await _lock_in_reach(writer, key_id)
    rules.check_may_give(writer.actor, await get_place(writer.connection, key.organisation_id), key.scopes)
    check_strong(writer.actor)
    rules.check_key_state(key, ["active"])
    made = await _make(writer, key.organisation_id, key.organisation_name, key.name, key.scopes, expires_in_days)
    ends_at = rules.overlap_end_of(key, datetime.now(HELSINKI), overlap_hours)
    await change_row(writer.connection, api_keys, key_id, successor_id=made.id, expires_at=ends_at)
    writer.record("api-key.rotated", key_id, organisation_id=key.organisation_id, successor_id=str(made.id))
    return made


async def revoke_key(writer: Writer, key_id: UUID, *, reason: str | None) -> ApiKey:
    key = await _lock_in_reach(writer, key_id)
    rules.check_key_state(key, ["active", "rotated"])
    return await revoke(writer, key, reason=reason)


async def revoke(writer: Writer, key: ApiKey, *, reason: str | None) -> ApiKey:
    """Revoke a locked key; whether the caller may is checked before."""
    revoked = await change_value(
        writer.connection,
        api_keys,
        key,
        revoked_at=datetime.now(HELSINKI),
        revoked_by=writer.actor.person_id,
        revoked_by_name=writer.actor.name,
    )
    writer.record("api-key.revoked", key.id, organisation_id=key.organisation_id, reason=reason)
    return replace(revoked, state="revoked")


async def get_key(reader: Reader, key_id: UUID) -> ApiKey:
    key = await keys.get(reader, key_id)
    place = await get_place(reader.connection, key.organisation_id)
    rules.check_may_see_keys(reader.actor, place)
    return key


async def get_own_key(reader: Reader) -> ApiKey:
    """The key that calls, also while its organisation is not active."""
    rules.check_key(reader.actor)
    key = await keys.find(reader, reader.actor.person_id)
    if key is None:
        raise NotFound
    return key


async def list_keys(reader: Reader, page: PageRequest, **filters: Unpack[OrganisationFilters]) -> Slice[ApiKey]:
    return await keys.page(reader, page, trees=rules.keys_seen_by(reader.actor), **filters)


async def _make(
    writer: Writer, organisation_id: UUID, organisation_name: str, name: str, scopes: list[Scope], days: int
) -> ApiKey:
    # 256 random bits need no slow hash, and 40 bits in the prefix distinguish the keys.
    prefix = rules.KEY_MARK + "".join(secrets.choice(LETTERS) for _ in range(rules.SHOWN_LETTERS))
    text = f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    # Keys go by real time, like tokens (rulebook §2.4).
    made_at = datetime.now(HELSINKI).replace(microsecond=0)
    made = ApiKey(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        name=name,
        scopes=sorted(scopes),
        prefix=prefix,
        made_by=writer.actor.person_id,
        made_by_name=writer.actor.name,
        made_at=made_at,
        expires_at=made_at + timedelta(days=days),
        last_used_at=None,
        successor_id=None,
        revoked_at=None,
        revoked_by=None,
        revoked_by_name=None,
        state="active",
        key=text,
    )
    await add_key(writer.connection, made, sha256(text.encode()).digest())
    return made


async def _lock_in_reach(writer: Writer, key_id: UUID) -> ApiKey:
    key = await keys.lock(writer, key_id)
    place = await get_place(writer.connection, key.organisation_id)
    rules.check_may_keep_keys(writer.actor, place)
    return key
