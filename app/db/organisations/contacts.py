"""Regional offices, and who of the staff is which central organisation's contact person."""

from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Table, Text, Uuid, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import Listing, below, given, within_reach
from app.db.people.people import in_force, persons, role_grants
from app.db.statements import Command, Connection, Query, metadata, study_centre_key
from app.domain.organisations.contacts import Adviser, ContactAssignment, RegionalOffice
from app.domain.organisations.organisations import Address

regional_offices = Table(
    "regional_offices",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("phone", Text),
    Column("address", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

contact_assignments = Table(
    "contact_assignments",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("regional_office_id", Uuid, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

_id = bindparam("p_id", type_=Uuid)
_organisation_id = bindparam("p_organisation_id", type_=Uuid)
_office_fields = [regional_offices.c[field.name] for field in fields(RegionalOffice)]
_assigned = select(*(contact_assignments.c[field.name] for field in fields(ContactAssignment)))


def _office(
    office_id: UUID, name: str, email: str | None, phone: str | None, address: dict[str, Any] | None
) -> RegionalOffice:
    return RegionalOffice(office_id, name, email, phone, Address(**address) if address else None)


_one_office = select(*_office_fields).where(regional_offices.c.id == _id)
_office_found = Query(_one_office, _office)
_office_locked = Query(_one_office.with_for_update(key_share=True), _office)
_office_named: Query[UUID] = Query(
    select(regional_offices.c.id).where(
        regional_offices.c.name == bindparam("p_name", type_=Text), regional_offices.c.id != _id
    ),
    lambda office_id: office_id,
)
_one_assignment = _assigned.where(contact_assignments.c.id == _id)
_assignment_found = Query(_one_assignment, ContactAssignment)
_assignment_locked = Query(_one_assignment.with_for_update(key_share=True), ContactAssignment)
_today = bindparam("p_today", type_=Date)
_in_force = Query(
    _assigned.where(
        contact_assignments.c.organisation_id == _organisation_id,
        contact_assignments.c.valid_from <= _today,
        or_(contact_assignments.c.valid_until.is_(None), contact_assignments.c.valid_until >= _today),
    ),
    ContactAssignment,
)
_overlapping: Query[UUID] = Query(
    select(contact_assignments.c.id)
    .where(
        contact_assignments.c.organisation_id == _organisation_id,
        contact_assignments.c.id != _id,
        func.daterange(contact_assignments.c.valid_from, contact_assignments.c.valid_until, "[]").op("&&")(
            func.daterange(bindparam("p_valid_from", type_=Date), bindparam("p_valid_until", type_=Date), "[]")
        ),
    )
    .order_by(contact_assignments.c.id)
    .limit(1),
    lambda other_id: other_id,
)
_now = bindparam("p_now", type_=DateTime(timezone=True))
_is_staff = (
    select(role_grants.c.id)
    .where(
        role_grants.c.person_id == persons.c.id,
        role_grants.c.role == "staff",
        in_force(_now),
    )
    .exists()
)
_adviser: Query[tuple[Adviser, bool]] = Query(
    select(persons.c.id, persons.c.name, persons.c.email, _is_staff).where(persons.c.id == _id),
    lambda person_id, name, email, is_staff: (Adviser(person_id, name, email), is_staff),
)
_removal = Command(delete(contact_assignments).where(contact_assignments.c.id == _id))


async def find_office(connection: Connection, office_id: UUID) -> RegionalOffice | None:
    return await _office_found.first(connection, p_id=office_id)


async def lock_office(connection: Connection, office_id: UUID) -> RegionalOffice | None:
    """As `find_office`, and nobody else changes it until the transaction ends."""
    return await _office_locked.first(connection, p_id=office_id)


async def find_office_named(connection: Connection, name: str, besides: UUID) -> UUID | None:
    """Another office of that name."""
    return await _office_named.first(connection, p_name=name, p_id=besides)


async def find_assignment(connection: Connection, assignment_id: UUID) -> ContactAssignment | None:
    return await _assignment_found.first(connection, p_id=assignment_id)


async def lock_assignment(connection: Connection, assignment_id: UUID) -> ContactAssignment | None:
    """As `find_assignment`, and nobody else changes it until the transaction ends."""
    return await _assignment_locked.first(connection, p_id=assignment_id)


async def find_in_force(connection: Connection, central_id: UUID, day: date) -> ContactAssignment | None:
    return await _in_force.first(connection, p_organisation_id=central_id, p_today=day)


async def find_adviser(connection: Connection, person_id: UUID, now: datetime) -> tuple[Adviser, bool] | None:
    """With whether the person is of the staff at that instant."""
    return await _adviser.first(connection, p_id=person_id, p_now=now)


async def find_overlapping(connection: Connection, assignment: ContactAssignment) -> UUID | None:
    """Another assignment of the organisation on some day of this one."""
    return await _overlapping.first(
        connection,
        p_id=assignment.id,
        p_organisation_id=assignment.organisation_id,
        p_valid_from=assignment.valid_from,
        p_valid_until=assignment.valid_until,
    )


async def remove_assignment(connection: Connection, assignment_id: UUID) -> None:
    await _removal.run(connection, p_id=assignment_id)


offices_listing = Listing(select(*_office_fields), _office, key=[regional_offices.c.id], filters={})
assignments_listing = Listing(
    _assigned,
    ContactAssignment,
    key=[contact_assignments.c.id],
    seen=within_reach(contact_assignments.c.organisation_id),
    filters={
        "organisation_id": given(contact_assignments.c.organisation_id, "organisation_id"),
        "under": below(contact_assignments.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "person_id": given(contact_assignments.c.person_id, "person_id"),
        "regional_office_id": given(contact_assignments.c.regional_office_id, "regional_office_id"),
    },
)
