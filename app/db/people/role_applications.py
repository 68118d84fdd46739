"""Applications for roles."""

from sqlalchemy import Column, DateTime, Table, Text, Uuid

from app.db.statements import metadata, study_centre_key

role_applications = Table(
    "role_applications",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("reason", Text),
    Column("state", Text, nullable=False),
    Column("applied_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_reason", Text),
    Column("withdrawn_at", DateTime(timezone=True)),
)
