"""Applications for roles."""

from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Text, Uuid, any_, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.paging import filters_of, seen_by
from app.db.people.people import persons, role_grants
from app.db.people.role_grants import seen_by_overseers
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Query, columns_of, study_centre_table
from app.domain.people.role_applications import RoleApplication

role_applications = study_centre_table(
    "role_applications",
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("organisation_id", Uuid, nullable=False),
    Column("reason", Text),
    Column("state", Text, nullable=False),
    Column("applied_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("decision_reason", Text),
    Column("withdrawn_at", DateTime(timezone=True)),
)

applied = (
    select(
        *columns_of(
            RoleApplication,
            role_applications,
            person_name=persons.c.name,
            organisation_name=organisations.c.name,
            role_grant_id=role_grants.c.id,
        )
    )
    .join(persons, persons.c.id == role_applications.c.person_id)
    .join(organisations, organisations.c.id == role_applications.c.organisation_id)
    .outerjoin(role_grants, role_grants.c.role_application_id == role_applications.c.id)
)
applications = Resource(
    applied,
    RoleApplication,
    role_applications,
    seen=seen_by_overseers(role_applications.c.person_id, role_applications.c.organisation_id),
    filters=filters_of(role_applications, "organisation_id", "under", "person_id", "role", "state"),
)
_undecided_locked = Query(
    applied.where(
        role_applications.c.person_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
        role_applications.c.state == "applied",
    )
    .order_by(role_applications.c.id)
    .with_for_update(key_share=True, of=role_applications),
    RoleApplication,
)


async def lock_undecided_of(session: Reader, person_ids: list[UUID]) -> list[RoleApplication]:
    return await _undecided_locked.all(session.connection, p_ids=person_ids, **seen_by(session))
