"""Claims of people to be participants of training courses."""

from sqlalchemy import Column, DateTime, Text, Uuid

from app.db.statements import changed_at, study_centre_table

participation_claims = study_centre_table(
    "participation_claims",
    Column("training_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("participant_id", Uuid),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("ended_by", Uuid),
    Column("ended_at", DateTime(timezone=True)),
    changed_at(),
)
