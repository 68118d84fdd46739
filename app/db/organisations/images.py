"""Logos and signature images."""

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, Uuid

from app.db.statements import metadata, study_centre_key

organisation_images = Table(
    "organisation_images",
    metadata,
    study_centre_key(),
    Column("organisation_id", Uuid, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
