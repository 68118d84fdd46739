"""`/v1/role-grants`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, Text
from app.db.paging import Slice
from app.domain.access import Role
from app.domain.people.role_grants import GrantedRole, GrantState
from app.services.people import role_grants

router = APIRouter(prefix="/role-grants", route_class=Operation, tags=["Rights"])


class RoleGrantIn(Body):
    person_id: UUID
    role: Role
    """Not `main_user`, whose right comes by an approved main-user application alone."""
    organisation_id: UUID | None
    """Null for `staff` and `auditor`, who work for the study centre itself."""
    reason: Text
    begins_on: Day | None = None
    """The first day; null is at once."""
    ends_on: Day | None = None
    """The last day; null is without end."""


class RoleEndingIn(Body):
    ends_on: Day | None = None
    """The last day; null is at once."""
    reason: Text


@router.post("", status_code=201, responses=refusing("not-found", "main-user-application-required", "already-exists"))
@operation(people_only=True)
async def give_role(writer: Write, body: RoleGrantIn) -> GrantedRole:
    """Give somebody a right (staff; the managers of its own tree, the main user)."""
    return await role_grants.give_role(
        writer,
        person_id=body.person_id,
        role=body.role,
        organisation_id=body.organisation_id,
        reason=body.reason,
        begins_on=body.begins_on,
        ends_on=body.ends_on,
    )


@router.get("", response_model=Page[GrantedRole])
@operation(people_only=True, personal_data=True)
async def list_role_grants(
    reader: Read,
    page: Paging,
    organisation_id: UUID | None = None,
    under: UUID | None = None,
    person_id: UUID | None = None,
    role: Role | None = None,
    state: GrantState | None = None,
) -> Slice[GrantedRole]:
    """Rights, ended ones too: your own, and others' within the tree of a main user or unit manager; staff see all."""
    return await role_grants.list_role_grants(
        reader, page, organisation_id=organisation_id, under=under, person_id=person_id, role=role, state=state
    )


@router.get("/{role_grant_id}")
@operation(people_only=True, personal_data=True)
async def get_role_grant(reader: Read, role_grant_id: UUID) -> GrantedRole:
    """One right: who gave it and why, when it begins and ends, who ended it and why."""
    return await role_grants.get_grant(reader, role_grant_id)


@router.post("/{role_grant_id}/ending", responses=refusing("wrong-state", "last-main-user", "last-staff"))
@operation(people_only=True)
async def end_role_grant(writer: Write, role_grant_id: UUID, body: RoleEndingIn) -> GrantedRole:
    """End a right on a day, or at once (staff; main user within the tree; who holds it)."""
    return await role_grants.end_grant(writer, role_grant_id, ends_on=body.ends_on, reason=body.reason)
