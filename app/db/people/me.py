"""Queries about one person."""

from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.people.people import email_verified_at, persons
from app.db.statements import Connection, Query, columns_of
from app.domain.people.people import OwnOrganisation, Person

people = select(*columns_of(Person, persons, email_verified_at=email_verified_at))
_person = Query(people.where(persons.c.id == bindparam("p_id", type_=Uuid)), Person)
_organisations = Query(
    select(*columns_of(OwnOrganisation, organisations))
    .where(organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .order_by(organisations.c.sort_key, organisations.c.id),
    OwnOrganisation,
)


async def find_person(connection: Connection, person_id: UUID) -> Person | None:
    return await _person.first(connection, p_id=person_id)


async def list_organisations(connection: Connection, ids: list[UUID]) -> list[OwnOrganisation]:
    """By name."""
    return await _organisations.all(connection, p_ids=ids)
