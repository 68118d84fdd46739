"""Main users' rights: given by an approved application, and ended for a successor."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, or_, select

from app.db.identifiers import new_id
from app.db.organisations.organisations import organisations
from app.db.people.people import role_grants
from app.db.sessions import Writer
from app.db.statements import Query, change_row, insert_row
from app.domain.errors import AlreadyExists

_organisation_held: Query[UUID] = Query(
    select(organisations.c.id)
    .where(organisations.c.id == bindparam("p_organisation_id", type_=Uuid))
    .with_for_update(key_share=True),
    lambda organisation_id: organisation_id,
)
_held: Query[UUID] = Query(
    select(role_grants.c.id)
    .where(
        role_grants.c.role == "main_user",
        role_grants.c.organisation_id == bindparam("p_organisation_id", type_=Uuid),
        role_grants.c.person_id == bindparam("p_person_id", type_=Uuid),
        or_(
            role_grants.c.valid_until.is_(None),
            role_grants.c.valid_until > bindparam("p_at", type_=DateTime(timezone=True)),
        ),
    )
    .limit(1),
    lambda grant_id: grant_id,
)


async def give_right(writer: Writer, *, person_id: UUID, organisation_id: UUID, valid_from: datetime) -> UUID:
    """Without an end. Raises AlreadyExists where it is held then."""
    await _organisation_held.first(writer.connection, p_organisation_id=organisation_id)
    held = await _held.first(
        writer.connection, p_organisation_id=organisation_id, p_person_id=person_id, p_at=valid_from
    )
    if held:
        raise AlreadyExists(existing_id=held)
    grant_id = new_id()
    await insert_row(
        writer.connection,
        role_grants,
        id=grant_id,
        person_id=person_id,
        role="main_user",
        organisation_id=organisation_id,
        valid_from=valid_from,
    )
    writer.record(
        "role-grant.given",
        grant_id,
        organisation_id=organisation_id,
        person_id=str(person_id),
        role="main_user",
        valid_from=valid_from,
    )
    return grant_id


async def end_right(writer: Writer, grant_id: UUID, *, person_id: UUID, organisation_id: UUID, at: datetime) -> None:
    """Another has been given before, which holds from that instant on."""
    await change_row(writer.connection, role_grants, grant_id, valid_until=at)
    writer.record(
        "role-grant.ended",
        grant_id,
        organisation_id=organisation_id,
        person_id=str(person_id),
        role="main_user",
        valid_until=at,
    )
