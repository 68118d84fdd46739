"""An organisation's standing in a year of hours: the facts that nearly every change of hours needs."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, SmallInteger, String, Uuid, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db.calendar.deadlines import deadlines
from app.db.calendar.extensions import extended_until
from app.db.hours.ledger import hour_balances, hour_pools
from app.db.organisations.organisations import organisations, place_at
from app.db.sessions import Reader, Writer
from app.db.statements import NOW, Connection, Converted, Query, Selection
from app.domain.access import is_within_reach
from app.domain.calendar.deadlines import Kind, Window
from app.domain.errors import NotFound
from app.domain.hours.standing import Standing


def windows_from(days: list[list[str | None]] | None) -> list[Window]:
    return [Window(*map(_day, window)) for window in days or []]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


_own = organisations.alias("own")
_central = organisations.alias("central")
_year = bindparam("p_year", type_=SmallInteger)
_kind = bindparam("p_kind", type_=String)


def windows_of(organisation: FromClause, kind: Any, year: Any, *others: FromClause) -> Any:
    """The column of the windows of a kind for `organisation`, which is that table or an alias of it. Each window is
    `[opens_on, closes_on, extended_until]`; `year` may be a column of one of the `others`."""
    window = func.jsonb_build_array(deadlines.c.opens_on, deadlines.c.closes_on, extended_until(organisation))
    return (
        select(func.jsonb_agg(aggregate_order_by(window, deadlines.c.id)))
        .where(
            deadlines.c.kind == kind,
            deadlines.c.hours_year == year,
            deadlines.c.confirmed,
            or_(
                deadlines.c.organisation_id.is_(None),
                deadlines.c.organisation_id == organisation.c.central_organisation_id,
            ),
        )
        .correlate(organisation, *others)
        .scalar_subquery()
    )


_facts: dict[str, Any] = {
    "place": place_at(_own),
    "organisation_name": _own.c.name,
    "kind": _own.c.kind,
    "year": _year,
    "active_from": _central.c.active_from,
    "active_until": _central.c.active_until,
    "own_active_from": _own.c.active_from,
    "own_active_until": _own.c.active_until,
    "units_propose": _central.c.units_propose,
    "closed_at": select(hour_pools.c.closed_at)
    .where(hour_pools.c.year == _year, hour_pools.c.hour_type == "training")
    .scalar_subquery(),
    "windows": Converted(windows_of(_own, _kind, _year), windows_from),
    "common": func.coalesce(
        select(hour_balances.c.common)
        .where(
            hour_balances.c.central_organisation_id == _own.c.central_organisation_id,
            hour_balances.c.organisation_id == _own.c.central_organisation_id,
            hour_balances.c.year == _year,
            hour_balances.c.hour_type == "training",
        )
        .correlate(_own)
        .scalar_subquery(),
        0,
    ),
}


def _query(**others: Any) -> Query[Standing]:
    standing = Selection(Standing, **_facts, **others)
    return Query(
        select(*standing.columns)
        .join(_central, _central.c.id == _own.c.central_organisation_id)
        .where(_own.c.id == bindparam("p_organisation_id", type_=Uuid)),
        standing.build,
    )


_found = _query()
_found_numbered = _query(reference=func.take_reference(NOW))


async def find_standing(
    connection: Connection, organisation_id: UUID, year: int, kind: Kind | None = None
) -> Standing | None:
    """The standing with the windows of one kind of deadline. None if there is no such organisation."""
    return await _found.first(connection, p_organisation_id=organisation_id, p_year=year, p_kind=kind)


async def get_standing(
    session: Reader, organisation_id: UUID, year: int, kind: Kind | None = None, *, pointer: str | None = None
) -> Standing:
    """Raises NotFound if the organisation does not exist or is not within the caller's reach."""
    return _reached(session, await find_standing(session.connection, organisation_id, year, kind), pointer)


async def get_standing_to_make(
    writer: Writer, organisation_id: UUID, year: int, kind: Kind | None = None, *, pointer: str
) -> Standing:
    """As `get_standing`, with the reference of what is about to be made, which the same message takes."""
    if writer.dry_run:
        return await get_standing(writer, organisation_id, year, kind, pointer=pointer)
    standing = await _found_numbered.first(
        writer.connection, p_organisation_id=organisation_id, p_year=year, p_kind=kind, p_now=writer.now
    )
    return _reached(writer, standing, pointer)


def _reached(session: Reader, standing: Standing | None, pointer: str | None) -> Standing:
    if standing is None or not is_within_reach(session.actor, standing.place):
        raise NotFound(pointer=pointer)
    return standing


_windows = Query(
    select(windows_of(_own, _kind, _year)).where(_own.c.id == bindparam("p_organisation_id", type_=Uuid)),
    windows_from,
)


async def find_windows(connection: Connection, organisation_id: UUID, year: int, kind: Kind) -> list[Window]:
    """The windows of another kind of deadline than the standing has."""
    return await _windows.first(connection, p_organisation_id=organisation_id, p_year=year, p_kind=kind) or []
