"""Calendar feeds, and the events that their subscribers have received."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    String,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import Sight, given
from app.db.people.people import persons
from app.db.resources import Resource
from app.db.statements import Command, Connection, Query, columns_of, study_centre_table
from app.domain.calendar.feeds import CalendarFeed, FeedEvent, KeptEvent

ISSUER = "calendar-feeds"
"""The issuer of callers that are feeds. The issuers of tokens are URLs, so that none has this name."""

calendar_feeds = study_centre_table(
    "calendar_feeds",
    Column("person_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_read_at", DateTime(timezone=True)),
)
calendar_feed_events = study_centre_table(
    "calendar_feed_events",
    Column("feed_id", Uuid, primary_key=True),
    Column("uid", Uuid, primary_key=True),
    Column("day", Date, nullable=False),
    Column("title", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("modified_at", DateTime(timezone=True), nullable=False),
    Column("cancelled_at", DateTime(timezone=True)),
)

_person_id = bindparam("p_person_id", type_=Uuid)
# The feeds of people who were merged into this person belong to this person too.
_is_own = or_(
    calendar_feeds.c.person_id == _person_id,
    calendar_feeds.c.person_id.in_(select(persons.c.id).where(persons.c.merged_into == _person_id)),
)
_id = bindparam("p_id", type_=Uuid)
_removed: Query[str] = Query(
    delete(calendar_feeds).where(calendar_feeds.c.id == _id, _is_own).returning(calendar_feeds.c.digest)
)
_forgotten = Command(select(func.forget_calendar_feed(bindparam("p_digest", type_=String))))
_found: Query[UUID] = Query(select(calendar_feeds.c.id).where(given(calendar_feeds.c.digest, "digest")))
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

_owner: Query[UUID] = Query(select(persons.c.id).where(persons.c.id == _person_id).with_for_update(key_share=True))
_count: Query[int] = Query(select(func.count()).select_from(calendar_feeds).where(_is_own))
feeds = Resource(
    select(*columns_of(CalendarFeed, calendar_feeds)),
    CalendarFeed,
    calendar_feeds,
    seen=Sight(_is_own, lambda actor: {"p_person_id": actor.person_id}),
)


async def lock_count(connection: Connection, person_id: UUID) -> int:
    """Return how many feeds the person has, and let nobody else add one until the transaction ends."""
    await _owner.first(connection, p_person_id=person_id)
    return await _count.first(connection, p_person_id=person_id) or 0


async def remove_feed(connection: Connection, feed_id: UUID, person_id: UUID) -> str | None:
    """Remove the feed and return its digest, or None if the person has no such feed."""
    return await _removed.first(connection, p_id=feed_id, p_person_id=person_id)


async def forget_caller(connection: Connection, digest: str) -> None:
    """Let nobody read the feed of that digest any more."""
    await _forgotten.run(connection, p_digest=digest)


async def find_feed_id(connection: Connection, digest: str) -> UUID | None:
    return await _found.first(connection, p_digest=digest)


async def keep_events(
    connection: Connection, feed_id: UUID, events: Sequence[FeedEvent], today: date, now: datetime
) -> list[KeptEvent]:
    """Keep the events that are sent now, and return them with earlier ones that are cancelled."""
    dumped = json.dumps([vars(event) for event in events], default=str)
    return await _kept.all(connection, p_feed_id=feed_id, p_today=today, p_now=now, p_events=dumped)
