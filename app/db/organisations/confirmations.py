"""Main users' yearly confirmations."""

from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, SmallInteger, Table, Uuid, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, below, given, within_reach
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.organisations.confirmations import OrganisationConfirmation

organisation_confirmations = Table(
    "organisation_confirmations",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("confirmed_at", DateTime(timezone=True), nullable=False),
    Column("late", Boolean, nullable=False),
)

_table = organisation_confirmations.c
_confirmed = select(
    _table.id,
    _table.organisation_id,
    organisations.c.name.label("organisation_name"),
    _table.year,
    _table.person_id,
    _table.confirmed_at,
    _table.late,
).join(organisations, organisations.c.id == _table.organisation_id)
_found = Query(_confirmed.where(_table.id == bindparam("p_id", type_=Uuid)), OrganisationConfirmation)

listing = Listing(
    _confirmed,
    OrganisationConfirmation,
    key=[_table.id],
    seen=within_reach(_table.organisation_id),
    filters={
        "organisation_id": given(_table.organisation_id, "organisation_id"),
        "under": below(_table.organisation_id, bindparam("p_under", type_=Uuid)),
        "year": given(_table.year, "year"),
        "person_id": given(_table.person_id, "person_id"),
    },
)


async def find(connection: Connection, confirmation_id: UUID) -> OrganisationConfirmation | None:
    return await _found.first(connection, p_id=confirmation_id)
