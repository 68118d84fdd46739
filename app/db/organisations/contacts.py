"""Contact persons: assignments of staff members to central organisations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Uuid, bindparam, func, or_, select

from app.db.paging import filters_of, seen_by, within_reach
from app.db.people.people import email_verified_at, in_force, persons, role_grants
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import NOW, TODAY, Connection, Query, columns_of, study_centre_table
from app.domain.organisations.contacts import Adviser, ContactAssignment

contact_assignments = study_centre_table(
    "contact_assignments",
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("regional_office_id", Uuid, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

_assigned = select(*columns_of(ContactAssignment, contact_assignments))
assignments = Resource(
    _assigned,
    ContactAssignment,
    contact_assignments,
    seen=within_reach(contact_assignments.c.organisation_id),
    filters=filters_of(contact_assignments, "organisation_id", "under", "person_id", "regional_office_id"),
)

_id = bindparam("p_id", type_=Uuid)
_organisation_id = bindparam("p_organisation_id", type_=Uuid)
_in_force = Query(
    _assigned.where(
        contact_assignments.c.organisation_id == _organisation_id,
        contact_assignments.c.valid_from <= TODAY,
        or_(contact_assignments.c.valid_until.is_(None), contact_assignments.c.valid_until >= TODAY),
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
    .limit(1)
)
_is_staff = (
    select(role_grants.c.id)
    .where(
        role_grants.c.person_id == persons.c.id,
        role_grants.c.role == "staff",
        in_force(NOW),
    )
    .exists()
)
_adviser: Query[tuple[Adviser, bool]] = Query(
    select(*columns_of(Adviser, persons, email_verified_at=email_verified_at), _is_staff).where(persons.c.id == _id),
    lambda *columns: (Adviser(*columns[:-1]), columns[-1]),
)


async def find_in_force(session: Reader, central_id: UUID) -> ContactAssignment | None:
    return await _in_force.first(session.connection, p_organisation_id=central_id, **seen_by(session))


async def find_adviser(connection: Connection, person_id: UUID, now: datetime) -> tuple[Adviser, bool] | None:
    """The person, and whether they are a staff member at that time."""
    return await _adviser.first(connection, p_id=person_id, p_now=now)


async def find_overlapping(connection: Connection, assignment: ContactAssignment) -> UUID | None:
    """Another assignment of the organisation that has a day in common with this one."""
    return await _overlapping.first(
        connection,
        p_id=assignment.id,
        p_organisation_id=assignment.organisation_id,
        p_valid_from=assignment.valid_from,
        p_valid_until=assignment.valid_until,
    )
