"""Supplementary requests."""

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Text, Uuid

from app.db.resources import of_organisations
from app.db.statements import changed_at, reference_column, study_centre_table
from app.domain.hours.supplementary_requests import SupplementaryRequest

supplementary_hour_requests = study_centre_table(
    "supplementary_hour_requests",
    reference_column(),
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
    Column("expired_at", DateTime(timezone=True)),
    Column("expired_because", Text),
    changed_at(),
)

requests = of_organisations(
    SupplementaryRequest, supplementary_hour_requests, "year", "state", "reference", "changed_since"
)
