"""The deadlines of a year as they apply to one organisation, for the wheel of the calendar."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, or_, select

from app.db.calendar.deadlines import deadlines
from app.db.calendar.extensions import extended_until
from app.db.organisations.organisations import organisations
from app.db.paging import given
from app.db.statements import Connection, Query, columns_of
from app.domain.calendar.wheels import WheelDay

_own = organisations.alias("own")
_days: Query[Any] = Query(
    select(*columns_of(WheelDay, deadlines, extended_until=extended_until(_own)))
    .join(
        _own, or_(deadlines.c.organisation_id.is_(None), deadlines.c.organisation_id == _own.c.central_organisation_id)
    )
    .where(_own.c.id == bindparam("p_organisation_id", type_=Uuid), given(deadlines.c.year, "year"))
    .order_by(func.coalesce(deadlines.c.opens_on, deadlines.c.closes_on), deadlines.c.id),
    WheelDay,
)


async def list_days_of(connection: Connection, organisation_id: UUID, year: int) -> list[WheelDay]:
    """The deadlines of everyone and those of the organisation's centre, in the order of their days."""
    return await _days.all(connection, p_organisation_id=organisation_id, p_year=year)
