"""Corrections by staff."""

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Table, Text, Uuid

from app.db.resources import of_organisations
from app.db.statements import metadata, study_centre_key
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

corrections = of_organisations(HourCorrection, hour_corrections, "year")
