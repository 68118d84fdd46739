"""Enrolments of courses in the public calendar."""

from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, ScalarSelect, Text, Uuid, func, select

from app.db.statements import study_centre_table

enrolments = study_centre_table(
    "enrolments",
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("number", Integer),
    Column("name", Text),
    Column("email", Text),
    Column("email_key", Text),
    Column("language", Text, nullable=False),
    Column("under_age", Boolean, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("erased_at", DateTime(timezone=True)),
)


def enrolled_in(subject_type: str, subject_id: Any) -> ScalarSelect[int]:
    """The number of places that are taken in the subject, whose ID is a column of the select around it."""
    return (
        select(func.count(type_=Integer))
        .where(
            enrolments.c.subject_type == subject_type,
            enrolments.c.subject_id == subject_id,
            enrolments.c.state == "enrolled",
        )
        .scalar_subquery()
    )
