"""Corrections by staff."""

from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Table, Text, Uuid, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, below, given, within_reach
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.hours.corrections import HourCorrection

hour_corrections = Table(
    "hour_corrections",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

_made = select(
    hour_corrections.c.id,
    hour_corrections.c.organisation_id,
    organisations.c.name.label("organisation_name"),
    hour_corrections.c.year,
    hour_corrections.c.hours,
    hour_corrections.c.reason,
    hour_corrections.c.made_by,
    hour_corrections.c.made_at,
).join(organisations, organisations.c.id == hour_corrections.c.organisation_id)
_found = Query(_made.where(hour_corrections.c.id == bindparam("p_id", type_=Uuid)), HourCorrection)


async def find(connection: Connection, correction_id: UUID) -> HourCorrection | None:
    return await _found.first(connection, p_id=correction_id)


listing = Listing(
    _made,
    HourCorrection,
    key=[hour_corrections.c.id],
    seen=within_reach(hour_corrections.c.organisation_id),
    filters={
        "organisation_id": given(hour_corrections.c.organisation_id, "organisation_id"),
        "under": below(hour_corrections.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "year": given(hour_corrections.c.year, "year"),
    },
)
