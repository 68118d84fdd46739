"""Calendar feeds, and what their subscribers were told."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import Listing
from app.db.people.people import callers, persons
from app.db.statements import Command, Connection, Query, insert_row, metadata, study_centre_key
from app.domain.calendar.feeds import CalendarFeed, FeedEvent, KeptEvent

ISSUER = "calendar-feeds"
"""Of the callers that are feeds: no issuer of tokens is called so, theirs are addresses."""

calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_read_at", DateTime(timezone=True)),
)
calendar_feed_events = Table(
    "calendar_feed_events",
    metadata,
    study_centre_key(),
    Column("feed_id", Uuid, primary_key=True),
    Column("uid", Uuid, primary_key=True),
    Column("day", Date, nullable=False),
    Column("title", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("modified_at", DateTime(timezone=True), nullable=False),
    Column("cancelled_at", DateTime(timezone=True)),
)

_person_id = bindparam("p_person_id", type_=Uuid)
# Of people who were merged into this one too: what their feeds show is this one's.
_is_own = or_(
    calendar_feeds.c.person_id == _person_id,
    calendar_feeds.c.person_id.in_(select(persons.c.id).where(persons.c.merged_into == _person_id)),
)
_removed: Query[str] = Query(
    delete(calendar_feeds)
    .where(calendar_feeds.c.id == bindparam("p_id", type_=Uuid), _is_own)
    .returning(calendar_feeds.c.digest),
    lambda digest: digest,
)
_forgotten = Command(select(func.forget_calendar_feed(bindparam("p_digest", type_=String))))
_found: Query[UUID] = Query(
    select(calendar_feeds.c.id).where(calendar_feeds.c.digest == bindparam("p_digest", type_=String)),
    lambda feed_id: feed_id,
)
_kept_columns = ("uid", "day", "title", "sequence", "modified_at", "cancelled_at")
_keeping = func.keep_calendar_feed_events(
    bindparam("p_feed_id", type_=Uuid),
    bindparam("p_today", type_=Date),
    bindparam("p_now", type_=DateTime(timezone=True)),
    bindparam("p_events", type_=JSONB),
).table_valued(*_kept_columns)


def _kept_event(
    uid: UUID, day: date, title: str, sequence: int, modified_at: datetime, cancelled_at: datetime | None
) -> KeptEvent:
    return KeptEvent(uid, day, title, sequence, modified_at, cancelled_at is not None)


_kept = Query(select(*(_keeping.c[name] for name in _kept_columns)), _kept_event)

_owner = Query(
    select(persons.c.id).where(persons.c.id == _person_id).with_for_update(key_share=True), lambda person_id: person_id
)
_count: Query[int] = Query(select(func.count()).select_from(calendar_feeds).where(_is_own), lambda count: count)

_shown = select(calendar_feeds.c.id, calendar_feeds.c.name, calendar_feeds.c.created_at, calendar_feeds.c.last_read_at)
_one = Query(_shown.where(calendar_feeds.c.id == bindparam("p_id", type_=Uuid), _is_own), CalendarFeed)
listing = Listing(
    _shown,
    CalendarFeed,
    key=[calendar_feeds.c.id],
    filters={"person_id": _is_own},
)


async def insert_feed(connection: Connection, feed: CalendarFeed, person_id: UUID, digest: str) -> None:
    row = {"id": feed.id, "person_id": person_id, "name": feed.name, "digest": digest, "created_at": feed.created_at}
    await insert_row(connection, calendar_feeds, **row)
    await insert_row(connection, callers, issuer=ISSUER, subject=digest, person_id=person_id)


async def count_feeds(connection: Connection, person_id: UUID) -> int:
    """How many the person has; nobody adds one until the transaction ends."""
    await _owner.first(connection, p_person_id=person_id)
    return await _count.first(connection, p_person_id=person_id) or 0


async def find_feed(connection: Connection, feed_id: UUID, person_id: UUID) -> CalendarFeed | None:
    return await _one.first(connection, p_id=feed_id, p_person_id=person_id)


async def remove_feed(connection: Connection, feed_id: UUID, person_id: UUID) -> bool:
    """False where the person has none of that id."""
    digest = await _removed.first(connection, p_id=feed_id, p_person_id=person_id)
    if digest is not None:
        await _forgotten.run(connection, p_digest=digest)
    return digest is not None


async def find_feed_id(connection: Connection, digest: str) -> UUID | None:
    return await _found.first(connection, p_digest=digest)


async def keep_events(
    connection: Connection, feed_id: UUID, events: Sequence[FeedEvent], today: date, now: datetime
) -> list[KeptEvent]:
    """What is told now, with what was told before and is cancelled."""
    told: list[dict[str, Any]] = [vars(event) for event in events]
    dumped = json.dumps(told, default=str)
    return await _kept.all(connection, p_feed_id=feed_id, p_today=today, p_now=now, p_events=dumped)
