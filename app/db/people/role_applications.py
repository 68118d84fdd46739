"""Applications for roles."""

from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Table, Text, Uuid, any_, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, below, given
from app.db.people.people import persons, role_grants
from app.db.people.role_grants import seen_by
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.people.role_applications import RoleApplication

role_applications = Table(
    "role_applications",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
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

_table = role_applications.c
applied = (
    select(
        _table.id,
        _table.person_id,
        persons.c.name.label("person_name"),
        _table.role,
        _table.organisation_id,
        organisations.c.name.label("organisation_name"),
        _table.reason,
        _table.state,
        _table.applied_at,
        _table.decided_by,
        _table.decided_at,
        _table.decision_reason,
        _table.withdrawn_at,
        role_grants.c.id.label("role_grant_id"),
    )
    .join(persons, persons.c.id == _table.person_id)
    .join(organisations, organisations.c.id == _table.organisation_id)
    .outerjoin(role_grants, role_grants.c.role_application_id == _table.id)
)
_one = applied.where(_table.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, RoleApplication)
_locked = Query(_one.with_for_update(key_share=True, of=role_applications), RoleApplication)
_undecided_locked = Query(
    applied.where(_table.person_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), _table.state == "applied")
    .order_by(_table.id)
    .with_for_update(key_share=True, of=role_applications),
    RoleApplication,
)

listing = Listing(
    applied,
    RoleApplication,
    key=[_table.id],
    filters={
        "seen_by": seen_by(_table.person_id, _table.organisation_id),
        "organisation_id": given(_table.organisation_id, "organisation_id"),
        "under": below(_table.organisation_id, bindparam("p_under", type_=Uuid)),
        "person_id": given(_table.person_id, "person_id"),
        "role": given(_table.role, "role"),
        "state": given(_table.state, "state"),
    },
)


async def find(connection: Connection, application_id: UUID) -> RoleApplication | None:
    return await _found.first(connection, p_id=application_id)


async def lock(connection: Connection, application_id: UUID) -> RoleApplication | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    return await _locked.first(connection, p_id=application_id)


async def lock_undecided_of(connection: Connection, person_ids: list[UUID]) -> list[RoleApplication]:
    return await _undecided_locked.all(connection, p_ids=person_ids)
