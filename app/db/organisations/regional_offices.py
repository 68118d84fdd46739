"""Regional offices."""

from uuid import UUID

from sqlalchemy import Column, DateTime, Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import given
from app.db.resources import Resource
from app.db.statements import Connection, Query, Selection, from_json, study_centre_table
from app.domain.organisations.organisations import Address
from app.domain.organisations.regional_offices import RegionalOffice

regional_offices = study_centre_table(
    "regional_offices",
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("phone", Text),
    Column("address", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

_office = Selection(RegionalOffice, regional_offices, address=from_json(regional_offices.c.address, Address))
offices = Resource(select(*_office.columns), _office.build, regional_offices)
_named: Query[UUID] = Query(
    select(regional_offices.c.id).where(
        given(regional_offices.c.name, "name"), regional_offices.c.id != bindparam("p_id", type_=Uuid)
    )
)


async def find_named(connection: Connection, name: str, *, besides: UUID) -> UUID | None:
    """Another office of that name."""
    return await _named.first(connection, p_name=name, p_id=besides)
