"""Deadlines, and who may act after them."""

from sqlalchemy import Boolean, Column, Date, DateTime, SmallInteger, Table, Text, Uuid

from app.db.statements import metadata, study_centre_key

deadlines = Table(
    "deadlines",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("year", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("hours_year", SmallInteger, nullable=False),
    Column("organisation_id", Uuid),
    Column("opens_on", Date),
    Column("closes_on", Date),
    Column("confirmed", Boolean, nullable=False),
    Column("note", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

deadline_extensions = Table(
    "deadline_extensions",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("deadline_id", Uuid, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("closes_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
