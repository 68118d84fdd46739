"""Supplementary requests."""

from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Table, Text, Uuid, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, below, given, within_reach
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.hours.supplementary_requests import SupplementaryRequest

supplementary_hour_requests = Table(
    "supplementary_hour_requests",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("grounds", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("submitted_by", Uuid, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("granted_hours", Integer),
    Column("reason", Text),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
)

_asked = select(
    supplementary_hour_requests.c.id,
    supplementary_hour_requests.c.organisation_id,
    organisations.c.name.label("organisation_name"),
    supplementary_hour_requests.c.year,
    supplementary_hour_requests.c.hours,
    supplementary_hour_requests.c.grounds,
    supplementary_hour_requests.c.state,
    supplementary_hour_requests.c.submitted_by,
    supplementary_hour_requests.c.submitted_at,
    supplementary_hour_requests.c.granted_hours,
    supplementary_hour_requests.c.reason,
    supplementary_hour_requests.c.decided_by,
    supplementary_hour_requests.c.decided_at,
    supplementary_hour_requests.c.withdrawn_at,
).join(organisations, organisations.c.id == supplementary_hour_requests.c.organisation_id)
_one = _asked.where(supplementary_hour_requests.c.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, SupplementaryRequest)
_locked = Query(
    _one.with_for_update(key_share=True, of=supplementary_hour_requests),
    SupplementaryRequest,
)


async def find(connection: Connection, request_id: UUID) -> SupplementaryRequest | None:
    return await _found.first(connection, p_id=request_id)


async def lock(connection: Connection, request_id: UUID) -> SupplementaryRequest | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    return await _locked.first(connection, p_id=request_id)


listing = Listing(
    _asked,
    SupplementaryRequest,
    key=[supplementary_hour_requests.c.id],
    seen=within_reach(supplementary_hour_requests.c.organisation_id),
    filters={
        "organisation_id": given(supplementary_hour_requests.c.organisation_id, "organisation_id"),
        "under": below(supplementary_hour_requests.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "year": given(supplementary_hour_requests.c.year, "year"),
        "state": given(supplementary_hour_requests.c.state, "state"),
    },
)
