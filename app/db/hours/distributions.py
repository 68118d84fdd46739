"""Distributions: which revision of the wished allotments is in force."""

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Table, Uuid

from app.db.statements import metadata, study_centre_key

hour_distributions = Table(
    "hour_distributions",
    metadata,
    study_centre_key(),
    Column("organisation_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
