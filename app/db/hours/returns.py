"""Returns of hours."""

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Table, Text, Uuid, select

from app.db.organisations.organisations import organisations
from app.db.paging import filters_of, within_reach
from app.db.resources import Resource
from app.db.statements import columns_of, metadata, study_centre_key
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

returns = Resource(
    select(*columns_of(HourReturn, hour_returns, organisation_name=organisations.c.name)).join(
        organisations, organisations.c.id == hour_returns.c.organisation_id
    ),
    HourReturn,
    hour_returns,
    seen=within_reach(hour_returns.c.organisation_id),
    filters=filters_of(hour_returns, "organisation_id", "under", "year", "state"),
)
