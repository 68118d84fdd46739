"""Calendar feeds (kalenteritilaus): a person's deadlines and tasks as days in a calendar program (rulebook §5.8)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import get_args
from uuid import UUID

from app.domain.access import Role
from app.domain.calendar.deadlines import Kind, day_of, last_day_of
from app.domain.calendar.task_facts import OwnWindow, TaskFacts
from app.domain.calendar.task_titles import CLOSING, DEADLINES, OPENING
from app.domain.calendar.tasks import LATE, Task, task_id_of
from app.domain.errors import TooMany
from app.domain.organisations.organisations import Language

AHEAD = timedelta(days=400)
MOST_FEEDS = 20
"""Of one person (rulebook §5.8)."""
KINDS_SEEN: dict[Role, frozenset[Kind]] = {
    "main_user": frozenset(get_args(Kind)) - {"decision_period"},
    "unit_manager": frozenset({"proposal_round", "unit_proposals", "training_entry", "cost_statement"}),
    "training_manager": frozenset({"training_entry", "cost_statement"}),
}
"""Whose calendar shows which deadlines; the staff's shows all that are everyone's (rulebook §5.8)."""


@dataclass(frozen=True)
class CalendarFeed:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    name: str
    """Name that the owner gave the feed."""
    created_at: datetime
    last_read_at: datetime | None
    """When a calendar program last read the feed. `null` if it has never been read."""


@dataclass(frozen=True)
class NewCalendarFeed(CalendarFeed):
    address: str
    """Path of the feed, to be added to the service's own URL. It is shown only once. Anyone who knows it can read the
    feed without a token."""


@dataclass(frozen=True)
class FeedEvent:
    """A whole day of the calendar."""

    uid: UUID
    day: date
    title: str
    is_last_day: bool
    """Of which calendar programs remind the day before."""


@dataclass(frozen=True)
class KeptEvent:
    """As subscribers are told of it."""

    uid: UUID
    day: date
    title: str
    sequence: int
    """How many times it has changed."""
    modified_at: datetime
    is_cancelled: bool


def check_room(feeds: int) -> None:
    """Raises TooMany (rulebook §5.8)."""
    if feeds >= MOST_FEEDS:
        raise TooMany(most=MOST_FEEDS)


def events_of(facts: TaskFacts, tasks: Iterable[Task], language: Language, now: datetime) -> list[FeedEvent]:
    """First and last days of deadlines, and the last days of what is yet to do (rulebook §5.8)."""
    today = day_of(now)
    roles = {organisation.id: organisation.roles for organisation in facts.organisations}
    events: dict[UUID, FeedEvent] = {}
    for window in facts.windows:
        is_seen = window.organisation_id is None or any(
            window.kind in KINDS_SEEN.get(role, ()) for role in roles.get(window.organisation_id, ())
        )
        if is_seen:
            # Several organisations meet everyone's deadline on the same day: it stands in the calendar once.
            events |= {event.uid: event for event in _days_of(window, language)}
    for task in tasks:
        # A change window's own last day tells the same.
        if task.closes_on and task.state != "done" and task.kind != "change_window":
            events[task.id] = FeedEvent(task.id, task.closes_on, task.title, is_last_day=True)
    shown = (event for event in events.values() if today - LATE <= event.day <= today + AHEAD)
    return sorted(shown, key=lambda event: (event.day, event.uid))


def _days_of(window: OwnWindow, language: Language) -> Iterator[FeedEvent]:
    name, year = DEADLINES[window.kind][language], window.hours_year
    opens_on, closes_on = window.days.opens_on, last_day_of(window.days)
    if opens_on:
        uid = task_id_of("opening", window.deadline_id)
        yield FeedEvent(uid, opens_on, OPENING[language].format(name=name, year=year), is_last_day=False)
    if closes_on:
        # Who was given more time has a last day of its own.
        own = [window.organisation_id] if closes_on != window.days.closes_on else []
        uid = task_id_of("closing", window.deadline_id, *own)
        yield FeedEvent(uid, closes_on, CLOSING[language].format(name=name, year=year), is_last_day=True)
