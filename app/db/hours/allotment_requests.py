"""Allotment requests."""

from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    select,
)

from app.db.organisations.organisations import organisations
from app.db.paging import any_under, filters_of, given, within_reach
from app.db.resources import Resource
from app.db.statements import Connection, Query, changed_at, columns_of, reference_column, study_centre_table
from app.domain.hours.allotment_requests import AllotmentRequest

allotment_requests = study_centre_table(
    "allotment_requests",
    reference_column(),
    Column("unit_id", Uuid, nullable=False),
    Column("central_organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("grounds", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("granted_hours", Integer),
    Column("reason", Text),
    Column("submitted_by", Uuid, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("expired_at", DateTime(timezone=True)),
    Column("expired_because", Text),
    changed_at(),
)

_requested = select(*columns_of(AllotmentRequest, allotment_requests, unit_name=organisations.c.name)).join(
    organisations, organisations.c.id == allotment_requests.c.unit_id
)
requests = Resource(
    _requested,
    AllotmentRequest,
    allotment_requests,
    seen=within_reach(allotment_requests.c.unit_id),
    filters=filters_of(allotment_requests, "unit_id", "year", "state", "reference", "changed_since")
    | {"under": any_under(allotment_requests.c.unit_id)},
)
_open_of_year: Query[UUID] = Query(
    select(allotment_requests.c.id).where(
        given(allotment_requests.c.unit_id, "unit_id"),
        given(allotment_requests.c.year, "year"),
        allotment_requests.c.state == "submitted",
    )
)


async def find_open(connection: Connection, unit_id: UUID, year: int) -> UUID | None:
    """The unit's open request for the year, if there is one."""
    return await _open_of_year.first(connection, p_unit_id=unit_id, p_year=year)
