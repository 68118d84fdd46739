"""Questions that only a sandbox asks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, String, Uuid, any_, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db.delivery.mails import mails
from app.db.organisations.organisations import organisations
from app.db.paging import Listing, choice
from app.db.people.application_documents import documents, signed_documents
from app.db.people.main_user_applications import main_user_applications
from app.db.people.people import persons, role_grants
from app.db.statements import NOW, Connection, Query, columns_of
from app.domain.delivery.mails import Mail
from app.domain.organisations.organisations import OrganisationKind
from app.sandbox.domain import DemoPerson, DemoRole


def _person(person_id: UUID, name: str, email: str, language: Any, roles: list[list[Any]] | None) -> DemoPerson:
    held = [DemoRole(role, UUID(place) if place else None, place_name) for role, place, place_name in roles or []]
    return DemoPerson(person_id, name, email, language, held)


_role = func.jsonb_build_array(role_grants.c.role, role_grants.c.organisation_id, organisations.c.name)
_persons = select(
    persons.c.id,
    persons.c.name,
    persons.c.email,
    persons.c.language,
    select(func.jsonb_agg(aggregate_order_by(_role, role_grants.c.id)))
    .select_from(role_grants)
    .outerjoin(organisations, organisations.c.id == role_grants.c.organisation_id)
    .where(role_grants.c.person_id == persons.c.id)
    .correlate(persons)
    .scalar_subquery(),
)
_holds: Select[Any] = select(literal_column("1")).where(role_grants.c.person_id == persons.c.id)
_has_email = persons.c.verified_email_key == bindparam("p_email", type_=String)
_by_email = Query(_persons.where(_has_email, persons.c.merged_into.is_(None)), _person)
_by_id = Query(_persons.where(persons.c.id == bindparam("p_id", type_=Uuid)), _person)
_kinds = Query(
    select(organisations.c.id, organisations.c.kind).where(
        organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
    ),
    lambda organisation_id, kind: (organisation_id, kind),
)
_document = Query(
    select(func.coalesce(signed_documents.c.content, documents.c.content))
    .select_from(main_user_applications)
    .join(documents, documents.c.application_id == main_user_applications.c.id)
    .outerjoin(signed_documents, signed_documents.c.id == main_user_applications.c.signed_document_id)
    .where(main_user_applications.c.id == bindparam("p_id", type_=Uuid)),
    bytes,
)

people_listing = Listing(
    _persons,
    _person,
    key=[persons.c.id],
    filters={
        "email": _has_email,
        "role": choice("role", String, lambda role: _holds.where(role_grants.c.role == role).exists()),
        "organisation_id": choice(
            "organisation_id", Uuid, lambda place: _holds.where(role_grants.c.organisation_id == place).exists()
        ),
    },
)


@dataclass(frozen=True)
class MailWithToken(Mail):
    sealed_token: bytes | None
    attachments: list[dict[str, Any]]


mailbox = Listing(
    select(*columns_of(MailWithToken, mails)).where(
        mails.c.state != "held", mails.c.state != "gathered", mails.c.due_at <= NOW
    ),
    MailWithToken,
    key=[mails.c.id],
    filters={"to": func.lower(mails.c.address) == func.lower(bindparam("p_to", type_=String))},
)


async def find_person(connection: Connection, person_id: UUID) -> DemoPerson | None:
    return await _by_id.first(connection, p_id=person_id)


async def find_person_of(connection: Connection, key: str) -> DemoPerson | None:
    """The person who has verified the address with that key (`app.delivery.addresses.key_of`)."""
    return await _by_email.first(connection, p_email=key)


async def find_kinds(connection: Connection, ids: list[UUID]) -> dict[UUID, OrganisationKind]:
    """The kinds of the organisations that exist."""
    return dict(await _kinds.all(connection, p_ids=ids))


async def set_clock(connection: Connection, clock_at: datetime | None) -> None:
    """Set the clock; None returns it to real time."""
    await connection.execute("UPDATE study_centres SET clock_at = %s", [clock_at])


async def find_document_to_sign(connection: Connection, application_id: UUID) -> bytes | None:
    """The document of a main-user application that was uploaded last, or else the one to be signed."""
    return await _document.first(connection, p_id=application_id)
