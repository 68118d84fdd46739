"""`/v1/role-grants`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, Several, Text
from app.db.paging import Slice
from app.domain.access import Role
from app.domain.people.role_grants import GrantedRole, GrantState
from app.services.people import role_grants

router = APIRouter(prefix="/role-grants", route_class=Operation, tags=["Rights"])


class RoleGrantIn(Body):
    person_id: UUID
    role: Role
    """Role to grant. `main_user` is granted only by an approved main-user application."""
    organisation_id: UUID | None
    """ID of the organisation. `null` if the role is `staff` or `auditor`, which are for the study centre."""
    reason: Text
    """Reason for granting the role."""
    begins_on: Day | None = None
    """First day of the role. `null` if it begins immediately."""
    ends_on: Day | None = None
    """Last day of the role. `null` if it has no end date."""


class RoleEndingIn(Body):
    ends_on: Day | None = None
    """Last day of the role. `null` if it ends immediately."""
    reason: Text
    """Reason for ending the role."""


@router.post("", status_code=201, responses=refusing("not-found", "main-user-application-required", "already-exists"))
@operation(people_only=True, strong_sign_in=True)
async def give_role(writer: Write, body: RoleGrantIn) -> GrantedRole:
    """Grant a role.

    The roles `staff` and `auditor` need a strong authentication. A main user grants roles to the people whom
    `GET /v1/people` lists, and invites others with `POST /v1/role-invitations`.

    **Who:** staff; main users for the unit managers, training managers and observers of their tree.
    """
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
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    person_id: Several[UUID] = None,
    role: Several[Role] = None,
    state: Several[GrantState] = None,
) -> Slice[GrantedRole]:
    """List roles.

    Ended roles are included.

    **Who:** main users and unit managers within their tree, staff, auditors; everyone for their own.
    """
    return await role_grants.list_role_grants(
        reader, page, organisation_id=organisation_id, under=under, person_id=person_id, role=role, state=state
    )


@router.get("/{role_grant_id}")
@operation(people_only=True, personal_data=True)
async def get_role_grant(reader: Read, role_grant_id: UUID) -> GrantedRole:
    """Get a role.

    Shows who granted and ended the role, when and why.

    **Who:** main users and unit managers within their tree, staff, auditors; everyone for their own.
    """
    return await role_grants.get_grant(reader, role_grant_id)


@router.post("/{role_grant_id}/ending", responses=refusing("wrong-state", "last-main-user", "last-staff"))
@operation(people_only=True)
async def end_role_grant(writer: Write, role_grant_id: UUID, body: RoleEndingIn) -> GrantedRole:
    """End a role.

    The role ends on the given day or immediately.

    **Who:** main users within their tree, staff, the person with the role.
    """
    return await role_grants.end_grant(writer, role_grant_id, ends_on=body.ends_on, reason=body.reason)
