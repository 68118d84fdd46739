"""Central organisations' own rules on their trainings."""

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Integer, Table, Text, Uuid

from app.db.statements import metadata, study_centre_key

training_rules = Table(
    "training_rules",
    metadata,
    study_centre_key(),
    Column("organisation_id", Uuid, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("units", ARRAY(Uuid)),
    Column("applications", Text, nullable=False),
    Column("unit_managers_decide", Boolean, nullable=False),
    Column("practice", Text),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
