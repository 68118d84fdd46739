"""Signatures on main-user applications: in the document that came back last, and in the service."""

from sqlalchemy import Column, DateTime, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statements import metadata, study_centre_key

main_user_application_signatures = Table(
    "main_user_application_signatures",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, nullable=False),
    Column("signed_document_id", Uuid),
    Column("signs_as", Text),
    Column("person_id", Uuid),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    Column("signed_at_by", Text, nullable=False),
    Column("certificate", JSONB),
    Column("revocation", Text),
    Column("checks", JSONB, nullable=False),
    Column("evidence", JSONB),
    Column("evidence_digest", Text),
    Column("matched_by", Uuid),
    Column("matched_at", DateTime(timezone=True)),
    Column("reason", Text),
)
