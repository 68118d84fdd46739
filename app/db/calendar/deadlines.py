"""Deadlines, as their readers may see them."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
)

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, PageRequest, Slice, below, given
from app.db.sessions import Reader
from app.db.statements import Command, Connection, Query, metadata, study_centre_key
from app.domain.access import reach_of
from app.domain.calendar.deadlines import Deadline, Kind, State, day_of, state_of
from app.domain.errors import DeadlineOverlap, NotFound

deadlines = Table(
    "deadlines",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("year", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("hours_year", SmallInteger, nullable=False),
    Column("organisation_id", Uuid),
    Column("opens_on", Date),
    Column("closes_on", Date),
    Column("confirmed", Boolean, nullable=False),
    Column("note", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

_stored = select(
    deadlines.c.id,
    deadlines.c.year,
    deadlines.c.kind,
    deadlines.c.hours_year,
    deadlines.c.organisation_id,
    deadlines.c.opens_on,
    deadlines.c.closes_on,
    deadlines.c.confirmed,
    deadlines.c.note,
    # Follows from the clock: `_as_of` puts the real one in its place.
    literal_column("'upcoming'").label("state"),
)


def _as_of(deadline: Deadline, now: datetime) -> Deadline:
    return replace(deadline, state=state_of(deadline.opens_on, deadline.closes_on, now))


def _in_trees_of(tops: str) -> ColumnElement[bool]:
    """Everyone's, and those of the central organisations in whose trees the organisations stand (rulebook §5.3)."""
    centrals = select(organisations.c.central_organisation_id).where(
        organisations.c.id == any_(bindparam(tops, type_=ARRAY(Uuid)))
    )
    return or_(deadlines.c.organisation_id.is_(None), deadlines.c.organisation_id.in_(centrals))


def _days(opens_on: Any, closes_on: Any) -> ColumnElement[Any]:
    return func.daterange(opens_on, closes_on, "[]")


_seen = _stored.where(or_(bindparam("p_sees_all", type_=Boolean), _in_trees_of("p_reach")))
_one = Query(_seen.where(deadlines.c.id == bindparam("p_id", type_=Uuid)), Deadline)
_of_year = Query(
    _seen.where(deadlines.c.year == bindparam("p_year", type_=SmallInteger)).order_by(
        func.coalesce(deadlines.c.opens_on, deadlines.c.closes_on), deadlines.c.kind, deadlines.c.id
    ),
    Deadline,
)


async def get_deadline(session: Reader, deadline_id: UUID) -> Deadline:
    """Raises NotFound where there is none, and where it is another organisation's own."""
    reach = reach_of(session.actor)
    found = await _one.first(session.connection, p_id=deadline_id, p_sees_all=reach is None, p_reach=reach or [])
    if found is None:
        raise NotFound
    return _as_of(found, session.now)


async def list_of_year(session: Reader, year: int) -> list[Deadline]:
    """The calendar's deadlines as the year goes, other organisations' own left out."""
    reach = reach_of(session.actor)
    found = await _of_year.all(session.connection, p_year=year, p_sees_all=reach is None, p_reach=reach or [])
    return [_as_of(deadline, session.now) for deadline in found]


# By state, with the day it is now.
_states: dict[str, ColumnElement[bool]] = {
    "upcoming": deadlines.c.opens_on > bindparam("p_upcoming", type_=Date),
    "closed": deadlines.c.closes_on < bindparam("p_closed", type_=Date),
    "open": _days(deadlines.c.opens_on, deadlines.c.closes_on).op("@>")(bindparam("p_open", type_=Date)),
}
_listing = Listing(
    _stored,
    Deadline,
    key=[deadlines.c.id],
    filters={
        "seen_by": _in_trees_of("p_seen_by"),
        "year": given(deadlines.c.year, "year"),
        "kind": given(deadlines.c.kind, "kind"),
        "hours_year": given(deadlines.c.hours_year, "hours_year"),
        "organisation_id": given(deadlines.c.organisation_id, "organisation_id"),
        "under": below(deadlines.c.organisation_id, bindparam("p_under", type_=Uuid)),
        **_states,
    },
)


async def page_of_year(
    session: Reader, page: PageRequest, year: int, *, state: State | None, **filters: UUID | str | int | None
) -> Slice[Deadline]:
    filters_by_day = {} if state is None else {state: day_of(session.now)}
    found = await _listing.page(session, page, year=year, seen_by=reach_of(session.actor), **filters, **filters_by_day)
    return replace(found, items=[_as_of(deadline, session.now) for deadline in found.items])


_lock = Command(text("SELECT pg_advisory_xact_lock(hashtextextended('calendars of ' || own_study_centre(), 0))"))


async def lock_calendars(connection: Connection) -> None:
    """Nobody else in the study centre changes deadlines until the transaction ends.

    What is counted after this holds: a year that has no deadlines yet, days that are free. Such changes are few.
    """
    await _lock.run(connection)


_overlapping: Query[UUID] = Query(
    select(deadlines.c.id)
    .where(
        deadlines.c.kind == bindparam("p_kind", type_=String),
        deadlines.c.hours_year == bindparam("p_hours_year", type_=SmallInteger),
        deadlines.c.organisation_id.is_not_distinct_from(bindparam("p_organisation_id", type_=Uuid)),
        _days(deadlines.c.opens_on, deadlines.c.closes_on).op("&&")(
            _days(bindparam("p_opens_on", type_=Date), bindparam("p_closes_on", type_=Date))
        ),
        deadlines.c.id != bindparam("p_id", type_=Uuid),
    )
    .order_by(deadlines.c.id)
    .limit(1),
    lambda other_id: other_id,
)


async def check_apart(
    connection: Connection,
    deadline_id: UUID,
    *,
    kind: Kind,
    hours_year: int,
    organisation_id: UUID | None,
    opens_on: date | None,
    closes_on: date | None,
) -> None:
    """Raises DeadlineOverlap with the deadline of the same kind whose days these meet (rulebook §5.1)."""
    other_id = await _overlapping.first(
        connection,
        p_id=deadline_id,
        p_kind=kind,
        p_hours_year=hours_year,
        p_organisation_id=organisation_id,
        p_opens_on=opens_on,
        p_closes_on=closes_on,
    )
    if other_id is not None:
        raise DeadlineOverlap(kind=kind, hours_year=hours_year, overlaps_with=other_id)


_removal = Command(delete(deadlines).where(deadlines.c.id == bindparam("p_id", type_=Uuid)))


async def remove(connection: Connection, deadline_id: UUID) -> None:
    """With its extensions."""
    await _removal.run(connection, p_id=deadline_id)
