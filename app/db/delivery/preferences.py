"""Preferences of people for mail."""

from uuid import UUID

from sqlalchemy import Column, Text, Uuid, bindparam, func, select

from app.db.people.people import persons
from app.db.statements import Connection, Query, study_centre_table
from app.domain.delivery.mails import DEFAULT_PREFERENCE, MailPreferences

mail_preferences = study_centre_table(
    "mail_preferences",
    Column("person_id", Uuid, primary_key=True),
    Column("mail", Text, nullable=False),
)

_found = Query(
    select(func.coalesce(mail_preferences.c.mail, DEFAULT_PREFERENCE).label("mail"), persons.c.mail_refused_at)
    .select_from(persons)
    .outerjoin(mail_preferences, mail_preferences.c.person_id == persons.c.id)
    .where(persons.c.id == bindparam("p_person_id", type_=Uuid)),
    MailPreferences,
)

_put: Query[UUID] = Query(
    select(mail_preferences.c.person_id).where(mail_preferences.c.person_id == bindparam("p_person_id", type_=Uuid))
)


async def is_put(connection: Connection, person_id: UUID) -> bool:
    """Whether the person has ever put preferences, and does not just have the default."""
    return await _put.first(connection, p_person_id=person_id) is not None


async def find_preferences(connection: Connection, person_id: UUID) -> MailPreferences | None:
    """The preferences, or None if there is no such person."""
    return await _found.first(connection, p_person_id=person_id)
