"""The units whose lines are copied from an earlier hour proposal, as they are now and as they were in its year."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, SmallInteger, Uuid, any_, bindparam, select

from app.db.hours.proposals import hours_of
from app.db.organisations.organisations import organisations
from app.db.paging import below
from app.db.statements import Connection, Query, columns_of
from app.domain.hours.proposal_copies import UnitThen

_of_year = hours_of(
    organisations.c.id, organisations.c.central_organisation_id, bindparam("p_year", type_=SmallInteger)
)
_units = Query(
    select(*columns_of(UnitThen, organisations, **_of_year)).where(
        organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
        below(organisations.c.id, bindparam("p_top", type_=Uuid)),
    ),
    UnitThen,
)


async def find_units_then(
    connection: Connection, top: UUID, unit_ids: Collection[UUID], year: int
) -> dict[UUID, UnitThen]:
    """Those of the units that are `top` or below it, with what they got and used in the year."""
    units = await _units.all(connection, p_top=top, p_ids=list(unit_ids), p_year=year)
    return {unit.id: unit for unit in units}
