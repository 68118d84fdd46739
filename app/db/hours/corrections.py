"""Corrections by staff."""

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Text, Uuid

from app.db.hours.ledger import hour_type_column
from app.db.resources import of_organisations
from app.db.statements import changed_at, reference_column, study_centre_table
from app.domain.hours.corrections import HourCorrection

hour_corrections = study_centre_table(
    "hour_corrections",
    reference_column(),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("corrects_transfer_id", Uuid),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    changed_at(),
    hour_type_column(),
)

corrections = of_organisations(
    HourCorrection, hour_corrections, "year", "corrects_transfer_id", "reference", "changed_since"
)
