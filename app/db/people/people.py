"""People, their roles, and what every request writes beside its effect."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    FromClause,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    and_,
    case,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.statements import metadata, study_centre_table

study_centres = Table(
    "study_centres",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("clock_at", DateTime(timezone=True)),
    Column("signing_days", SmallInteger, nullable=False),
    Column("decisions_by_two", Boolean, nullable=False),
    Column("decisions_by_two_until", DateTime(timezone=True)),
    Column("name_sv", Text),
    Column("name_en", Text),
    Column("business_id", Text),
    Column("address", JSONB),
    Column("website", Text),
    Column("privacy_notice_url", Text),
    Column("participants_kept_months", SmallInteger, nullable=False),
    Column("completion_years", SmallInteger, nullable=False),
    Column("slug", Text),
    Column("certificate_signatory", JSONB),
    Column("koski", JSONB),
)

persons = study_centre_table(
    "persons",
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("phone", Text),
    Column("verified_email", Text),
    Column("verified_email_key", Text),
    Column("verified_at", DateTime(timezone=True)),
    Column("merged_into", Uuid),
    Column("mail_refused_at", DateTime(timezone=True)),
    Column("erased_at", DateTime(timezone=True)),
)

role_grants = study_centre_table(
    "role_grants",
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("organisation_id", Uuid),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_until", DateTime(timezone=True)),
    Column("granted_by", Uuid),
    Column("granted_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("role_application_id", Uuid),
    Column("main_user_application_id", Uuid),
    Column("ended_by", Uuid),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
)

callers = Table(
    "callers",
    metadata,
    Column("issuer", Text),
    Column("subject", Text),
    Column("study_centre_id", Uuid, nullable=False, server_default=text("own_study_centre()")),
    Column("person_id", Uuid),
    Column("key_hash", LargeBinary),
    Column("api_key_id", Uuid),
)

stored_answers = study_centre_table(
    "stored_answers",
    Column("key_digest", LargeBinary, primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("stored_at", DateTime(timezone=True), nullable=False),
)

audit_entries = study_centre_table(
    "audit_entries",
    Column("actor_id", Uuid),
    Column("action", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("organisation_id", Uuid),
    Column("reason", Text),
    Column("facts", JSONB, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

outbox = study_centre_table(
    "outbox",
    Column("event", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("organisation_id", Uuid),
    Column("facts", JSONB, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("mails_made_at", DateTime(timezone=True)),
)


email_verified_at = case((persons.c.email == persons.c.verified_email, persons.c.verified_at))
"""When the present address was verified."""


def in_force(now: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a role grant is in force at that time."""
    return and_(role_grants.c.valid_from <= now, not_ended(now))


def not_ended(now: ColumnElement[Any], of: FromClause = role_grants) -> ColumnElement[bool]:
    """Whether a role grant is in force at that time, or will be later."""
    return or_(of.c.valid_until.is_(None), of.c.valid_until > now)
