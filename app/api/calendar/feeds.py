"""`/v1/me/calendar-feeds`, and `/v1/calendar-feeds/{secret}.ics`, which needs no token."""

from uuid import UUID

from fastapi import APIRouter, Request

from app.api.backend import Backend
from app.api.conventions import PlainWrite, PublicUrl, Read, Write
from app.api.files import Download, giving
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Line
from app.db.calendar.feeds import ISSUER
from app.db.callers import Caller, find_caller
from app.db.paging import Slice
from app.domain.calendar.feeds import CalendarFeed, NewCalendarFeed
from app.domain.errors import NotFound
from app.services.calendar import feeds

MEDIA_TYPE = "text/calendar; charset=utf-8"


class FeedOperation(Operation):
    """Who knows the address reads it: calendar programs send no token."""

    async def caller_of(self, request: Request) -> Caller:
        backend: Backend = request.app.state.backend
        async with backend.connections.connection(None) as lobby:
            caller = await find_caller(lobby, ISSUER, feeds.digest_of(request.path_params["secret"]))
        if caller is None:
            raise NotFound
        return caller


router = APIRouter(prefix="/me/calendar-feeds", route_class=Operation, tags=["Me"])
subscriptions = APIRouter(prefix="/calendar-feeds", route_class=FeedOperation, tags=["Calendar"])


class CalendarFeedIn(Body):
    name: Line
    """Name for the feed, for example the device or program that reads it."""


@router.post("", status_code=201, responses=refusing("too-many"))
@operation(people_only=True, secret_answer=True)
async def add_calendar_feed(writer: Write, public_url: PublicUrl, body: CalendarFeedIn) -> NewCalendarFeed:
    """Create a calendar feed.

    Creates a secret URL at which a calendar program can read your deadlines and tasks. A person can have at most 20
    feeds.

    **Who:** everyone who has registered.
    """
    return await feeds.add_feed(writer, name=body.name, public_url=public_url)


@router.get("", response_model=Page[CalendarFeed])
@operation(people_only=True, personal_data=True)
async def list_calendar_feeds(reader: Read, page: Paging) -> Slice[CalendarFeed]:
    """List your calendar feeds.

    The secret paths are not included.

    **Who:** everyone who has registered.
    """
    return await feeds.list_feeds(reader, page)


@router.get("/{feed_id}")
@operation(people_only=True, personal_data=True)
async def get_calendar_feed(reader: Read, feed_id: UUID) -> CalendarFeed:
    """Get one of your calendar feeds.

    The secret path is not included.

    **Who:** everyone who has registered.
    """
    return await feeds.get_feed(reader, feed_id)


@router.delete("/{feed_id}", status_code=204)
@operation(people_only=True)
async def end_calendar_feed(writer: PlainWrite, feed_id: UUID) -> None:
    """End a calendar feed.

    The feed stops working immediately.

    **Who:** everyone who has registered.
    """
    await feeds.end_feed(writer, feed_id)


_options = giving(MEDIA_TYPE)
_options["responses"] = _options["responses"] | refusing("not-found")


@subscriptions.get("/{secret}.ics", **_options)
@operation(is_open=True)
async def read_calendar_feed(reader: Read, public_url: PublicUrl, secret: str) -> Download:
    """Read a calendar feed.

    Returns the owner's deadlines and tasks as iCalendar. Every event keeps its UID, and a change raises its SEQUENCE.
    An event that is no longer shown stays cancelled for 30 days.

    **Who:** anyone who knows the secret path.
    """
    calendar, language = await feeds.read_feed(reader, secret, public_url)
    return Download(calendar, MEDIA_TYPE, "tuntipankki.ics", language)
