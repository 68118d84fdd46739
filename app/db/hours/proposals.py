"""Hour proposals, their lines and every revision submitted."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statements import metadata, study_centre_key

hour_proposals = Table(
    "hour_proposals",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("central_organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("answer_by", Date),
    Column("return_reason", Text),
    Column("included_in", Uuid),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
)

hour_proposal_lines = Table(
    "hour_proposal_lines",
    metadata,
    study_centre_key(),
    Column("proposal_id", Uuid, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("unit_id", Uuid, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("emphasis", Text),
    Column("grounds", Text),
    Column("source_proposal_id", Uuid),
    Column("source_hours", Integer),
)

hour_proposal_revisions = Table(
    "hour_proposal_revisions",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("proposal_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("hours", BigInteger, nullable=False),
    Column("lines", JSONB, nullable=False),
    Column("submitted_by", Uuid, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
)
