"""Deadlines, as far as the caller may see them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    SmallInteger,
    String,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
)

from app.db.paging import any_given, clock_of, filters_of, given, of_own_tree, within_reach
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import (
    TODAY,
    Command,
    Connection,
    Query,
    columns_of,
    study_centre_table,
)
from app.domain.calendar.deadlines import Deadline

deadlines = study_centre_table(
    "deadlines",
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

clock_state = case((deadlines.c.opens_on > TODAY, "upcoming"), (deadlines.c.closes_on < TODAY, "closed"), else_="open")
_stored = select(*columns_of(Deadline, deadlines, state=clock_state))
# The deadlines of everyone, and those of the central organisations in whose trees the caller is (rulebook §5.3).
_seen = replace(
    within_reach(deadlines.c.organisation_id),
    condition=or_(deadlines.c.organisation_id.is_(None), of_own_tree(deadlines.c.organisation_id)),
)
deadline_resource = Resource(
    _stored,
    Deadline,
    deadlines,
    seen=_seen,
    filters=filters_of(deadlines, "year", "kind", "hours_year", "organisation_id", "under")
    | {"state": any_given(clock_state, "state")},
)
_of_year = _stored.where(given(deadlines.c.year, "year")).order_by(
    func.coalesce(deadlines.c.opens_on, deadlines.c.closes_on), deadlines.c.kind, deadlines.c.id
)
_all_of_year, _seen_of_year = Query(_of_year, Deadline), Query(_of_year.where(_seen.condition), Deadline)


async def list_of_year(session: Reader, year: int) -> list[Deadline]:
    """The deadlines of the year that the caller sees, in the order of their days."""
    sight = deadline_resource.sight_of(session)
    query = _all_of_year if sight is None else _seen_of_year
    return await query.all(session.connection, p_year=year, **clock_of(session), **(sight or {}))


_lock = Command(text("SELECT pg_advisory_xact_lock(hashtextextended('calendars of ' || own_study_centre(), 0))"))


async def lock_calendars(connection: Connection) -> None:
    """Let nobody else in the study centre change deadlines until the transaction ends.

    The lock covers what does not exist yet, such as a year without deadlines or free days. Such changes are few.
    """
    await _lock.run(connection)


def _days(opens_on: Any, closes_on: Any) -> ColumnElement[Any]:
    return func.daterange(opens_on, closes_on, "[]")


_overlapping: Query[UUID] = Query(
    select(deadlines.c.id)
    .where(
        deadlines.c.kind == bindparam("p_kind", type_=String),
        given(deadlines.c.hours_year, "hours_year"),
        deadlines.c.organisation_id.is_not_distinct_from(bindparam("p_organisation_id", type_=Uuid)),
        _days(deadlines.c.opens_on, deadlines.c.closes_on).op("&&")(
            _days(bindparam("p_opens_on", type_=Date), bindparam("p_closes_on", type_=Date))
        ),
        deadlines.c.id != bindparam("p_id", type_=Uuid),
    )
    .order_by(deadlines.c.id)
    .limit(1)
)


async def find_overlapping(connection: Connection, deadline: Deadline) -> UUID | None:
    """Another deadline of the same kind, hours and organisation that has a day in common with this one."""
    return await _overlapping.first(
        connection,
        p_id=deadline.id,
        p_kind=deadline.kind,
        p_hours_year=deadline.hours_year,
        p_organisation_id=deadline.organisation_id,
        p_opens_on=deadline.opens_on,
        p_closes_on=deadline.closes_on,
    )
