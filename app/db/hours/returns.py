"""Returns of hours."""

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Text, Uuid

from app.db.resources import of_organisations
from app.db.statements import changed_at, name_of, reference_column, study_centre_table
from app.domain.hours.returns import HourReturn

hour_returns = study_centre_table(
    "hour_returns",
    reference_column(),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("grounds", Text),
    Column("state", Text, nullable=False),
    Column("booked_by", Uuid, nullable=False),
    Column("booked_at", DateTime(timezone=True), nullable=False),
    Column("cancelled_by", Uuid),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("handler_id", Uuid),
    changed_at(),
)

returns = of_organisations(
    HourReturn,
    hour_returns,
    "year",
    "state",
    "reference",
    "handler_id",
    "changed_since",
    handler_name=name_of(hour_returns.c.handler_id),
)
