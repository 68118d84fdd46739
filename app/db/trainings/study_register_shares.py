"""Shares of the study register: links by which anybody reads what a learner has passed."""

from sqlalchemy import Column, Date, DateTime, LargeBinary, Uuid

from app.db.statements import study_centre_table

study_register_shares = study_centre_table(
    "study_register_shares",
    Column("person_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
