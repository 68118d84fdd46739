"""Returns of hours."""

from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Table, Text, Uuid, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, below, given
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.hours.returns import HourReturn

hour_returns = Table(
    "hour_returns",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("grounds", Text),
    Column("state", Text, nullable=False),
    Column("booked_by", Uuid, nullable=False),
    Column("booked_at", DateTime(timezone=True), nullable=False),
)

_booked = select(
    hour_returns.c.id,
    hour_returns.c.organisation_id,
    organisations.c.name.label("organisation_name"),
    hour_returns.c.year,
    hour_returns.c.hours,
    hour_returns.c.grounds,
    hour_returns.c.state,
    hour_returns.c.booked_by,
    hour_returns.c.booked_at,
).join(organisations, organisations.c.id == hour_returns.c.organisation_id)
_found = Query(_booked.where(hour_returns.c.id == bindparam("p_id", type_=Uuid)), HourReturn)


async def find(connection: Connection, return_id: UUID) -> HourReturn | None:
    return await _found.first(connection, p_id=return_id)


listing = Listing(
    _booked,
    HourReturn,
    key=[hour_returns.c.id],
    reach=hour_returns.c.organisation_id,
    filters={
        "organisation_id": given(hour_returns.c.organisation_id, "organisation_id"),
        "under": below(hour_returns.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "year": given(hour_returns.c.year, "year"),
        "state": given(hour_returns.c.state, "state"),
    },
)
