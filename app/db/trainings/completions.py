"""Completions of training courses: the study register."""

from sqlalchemy import Boolean, Column, Date, DateTime, SmallInteger, Text, Uuid

from app.db.statements import changed_at, study_centre_table

completions = study_centre_table(
    "completions",
    Column("training_id", Uuid, nullable=False),
    Column("participant_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("grade", SmallInteger),
    Column("completed_on", Date, nullable=False),
    Column("assessed_by", Text, nullable=False),
    Column("attended", Boolean),
    Column("grounds", Text),
    Column("credits", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("corrects_id", Uuid),
    Column("reason", Text),
    Column("recorded_by", Uuid, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    changed_at(),
)
