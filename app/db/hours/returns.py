"""Returns of hours."""

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Table, Text, Uuid

from app.db.resources import of_organisations
from app.db.statements import metadata, study_centre_key
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

returns = of_organisations(HourReturn, hour_returns, "year", "state")
