"""Hour decisions."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, SmallInteger, Table, Text, Uuid

from app.db.statements import metadata, study_centre_key

hour_decisions = Table(
    "hour_decisions",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("proposal_id", Uuid),
    Column("asked", BigInteger),
    Column("hours", Integer, nullable=False),
    Column("reason", Text),
    Column("decided_by", Uuid, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
)
