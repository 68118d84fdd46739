"""Calendar feeds: add, get, list, end and read."""

import secrets
from functools import partial
from hashlib import sha256
from uuid import UUID

from app.db.calendar.feeds import (
    ISSUER,
    calendar_feeds,
    feeds,
    find_feed_id,
    forget_caller,
    keep_events,
    lock_count,
    remove_feed,
)
from app.db.calendar.task_facts import find_task_facts
from app.db.identifiers import new_id
from app.db.people.me import find_person
from app.db.people.people import callers
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row, row_of
from app.delivery.links import link_to
from app.domain.access import check_person
from app.domain.calendar.deadlines import day_of
from app.domain.calendar.feeds import EventDetails, KeptEvent, NewCalendarFeed, check_feed_limit, events_of
from app.domain.calendar.task_rules import tasks_of
from app.domain.errors import NotFound
from app.domain.organisations.organisations import Language
from app.texts.calendar import day_title, event_description, feed_name, task_title

SECRET_BYTES = 32


def digest_of(secret: str) -> str:
    """One round of hashing is enough: the secret has 256 random bits, so that nobody can guess it."""
    return sha256(secret.encode()).hexdigest()


async def add_feed(writer: Writer, *, name: str, public_url: str | None) -> NewCalendarFeed:
    check_person(writer.actor)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    address = f"{public_url or ''}/v1/calendar-feeds/{secret}.ics"
    feed = NewCalendarFeed(new_id(), name, writer.now, None, address)
    person_id, digest = writer.actor.person_id, digest_of(secret)
    check_feed_limit(await lock_count(writer.connection, person_id))
    row = row_of(calendar_feeds, feed) | {"person_id": person_id, "digest": digest}
    await insert_row(writer.connection, calendar_feeds, **row)
    await insert_row(writer.connection, callers, issuer=ISSUER, subject=digest, person_id=person_id)
    writer.record("calendar-feed.added", feed.id, person_id=str(person_id))
    return feed


list_feeds = feeds.page
get_feed = feeds.get


async def end_feed(writer: Writer, feed_id: UUID) -> None:
    """Remove the feed. From then on its address returns 404."""
    person_id = writer.actor.person_id
    digest = await remove_feed(writer.connection, feed_id, person_id)
    if digest is None:
        raise NotFound
    await forget_caller(writer.connection, digest)
    writer.record("calendar-feed.ended", feed_id, person_id=str(person_id))


async def read_feed(reader: Reader, secret: str, public_url: str | None) -> tuple[bytes, Language]:
    """Return the calendar for the roles in force now, and its language. It is empty without a role (rulebook §5.8).

    Raises NotFound.
    """
    feed_id = await find_feed_id(reader.connection, digest_of(secret))
    person = await find_person(reader.connection, reader.actor.person_id)
    if feed_id is None or person is None:
        raise NotFound
    kept: list[KeptEvent] = []
    details: dict[UUID, EventDetails] = {}
    if reader.actor.roles:
        facts = await find_task_facts(reader, person)
        tasks = tasks_of(facts, partial(task_title, person.language))
        events = events_of(facts, tasks, partial(day_title, person.language))
        details = {
            event.uid: EventDetails(
                event_description(person.language, vars(event)),
                link_to(public_url, event.method, event.path),
                has_alarm=event.is_last_day,
            )
            for event in events
        }
        kept = await keep_events(reader.connection, feed_id, events, day_of(reader.now), reader.now)
    # It imports the library of calendar files, which no other request needs.
    from app.delivery.calendars import calendar_of

    calendar = calendar_of(kept, details, name=feed_name(person.language), language=person.language)
    return calendar, person.language
