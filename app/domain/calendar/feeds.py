"""Calendar feeds (kalenteritilaus): a person's deadlines and tasks as days in a calendar program (rulebook §5.8)."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args
from uuid import UUID

from app.domain.access import Role
from app.domain.calendar.deadlines import DONE_AT, Kind, day_of
from app.domain.calendar.task_facts import OwnWindow, TaskFacts
from app.domain.calendar.tasks import LATE, Task, task_id_of
from app.domain.errors import TooMany
from app.domain.values import Shown

AHEAD = timedelta(days=400)
MOST_FEEDS = 20
"""How many feeds one person may have (rulebook §5.8)."""
_MAIN_USERS_KINDS = frozenset(get_args(Kind)) - {"decision_period"}
KINDS_SEEN: dict[Role, frozenset[Kind]] = {
    "main_user": _MAIN_USERS_KINDS,
    "unit_manager": frozenset({"proposal_round", "unit_proposals", "training_entry", "cost_statement"}),
    "training_manager": frozenset({"training_entry", "cost_statement"}),
    "observer": _MAIN_USERS_KINDS,
}
"""The kinds of deadlines in the calendar of each role. Staff see all deadlines of everyone (rulebook §5.8)."""


@dataclass(frozen=True)
class CalendarFeed(Shown):
    id: UUID
    name: str
    """Name that the owner gave the feed."""
    created_at: datetime
    last_read_at: datetime | None
    """When a calendar program last read the feed. `null` if it has never been read."""


@dataclass(frozen=True)
class NewCalendarFeed(CalendarFeed):
    address: str
    """URL of the feed, or its path if the service does not know its public URL. It is shown only once. Anyone who knows
    it can read the feed without a token."""


@dataclass(frozen=True)
class FeedEvent:
    """An event of one day in the calendar."""

    uid: UUID
    day: date
    title: str
    is_last_day: bool
    """Calendar programs remind of a last day on the day before."""
    method: str
    path: str
    """Where it is done: the operation's method, and its path with or without its parameters filled in."""
    year: int | None
    opens_on: date | None
    closes_on: date | None
    organisation: str | None = None
    reference: str | None = None
    """Of the proposal or application that the task is about."""


@dataclass(frozen=True)
class EventDetails:
    """What an event has while it is shown, besides its day and title."""

    description: str
    link: str | None
    has_alarm: bool


@dataclass(frozen=True)
class KeptEvent:
    """An event as subscribers receive it."""

    uid: UUID
    day: date
    title: str
    sequence: int
    """How many times it has changed."""
    modified_at: datetime
    is_cancelled: bool


def check_feed_limit(feeds: int) -> None:
    """Raise TooMany if the person has as many feeds as allowed (rulebook §5.8)."""
    if feeds >= MOST_FEEDS:
        raise TooMany(most=MOST_FEEDS)


DayTitleOf = Callable[[Kind, int, bool], str]
"""Returns the title of a deadline's first or last day from its kind, its year and whether the day is the last."""


def events_of(facts: TaskFacts, tasks: Iterable[Task], title_of: DayTitleOf) -> list[FeedEvent]:
    """First and last days of deadlines, and the last days of tasks that are not done (rulebook §5.8)."""
    today = day_of(facts.now)
    roles = {organisation.id: organisation.roles for organisation in facts.organisations}
    events: dict[UUID, FeedEvent] = {}
    for window in facts.windows:
        is_seen = window.organisation_id is None or any(
            window.kind in KINDS_SEEN.get(role, ()) for role in roles.get(window.organisation_id, ())
        )
        if is_seen:
            # A deadline of everyone is one event, even if it applies to several of the organisations.
            events |= {event.uid: event for event in _days_of(window, title_of)}
    for task in tasks:
        # The change window's own last day is already an event.
        if task.closes_on and task.state != "done" and task.kind != "change_window":
            events[task.id] = FeedEvent(
                task.id,
                task.closes_on,
                task.title,
                is_last_day=True,
                method=task.call.method,
                path=task.call.path,
                year=task.year,
                opens_on=task.opens_on,
                closes_on=task.closes_on,
                organisation=task.organisation_name,
                reference=task.reference,
            )
    shown = (event for event in events.values() if today - LATE <= event.day <= today + AHEAD)
    return sorted(shown, key=lambda event: (event.day, event.uid))


def _days_of(window: OwnWindow, title_of: DayTitleOf) -> Iterator[FeedEvent]:
    opens_on, closes_on = window.days
    method, path = DONE_AT[window.kind]

    def event(uid: UUID, day: date, *, is_last_day: bool) -> FeedEvent:
        title = title_of(window.kind, window.hours_year, is_last_day)
        return FeedEvent(
            uid,
            day,
            title,
            is_last_day=is_last_day,
            method=method,
            path=path,
            year=window.hours_year,
            opens_on=opens_on,
            closes_on=closes_on,
        )

    if opens_on:
        yield event(task_id_of("opening", window.deadline_id), opens_on, is_last_day=False)
    if closes_on:
        # An organisation with an extension has a last day of its own.
        own = [window.organisation_id] if closes_on != window.closes_on else []
        uid = task_id_of("closing", window.deadline_id, *own)
        yield event(uid, closes_on, is_last_day=True)
