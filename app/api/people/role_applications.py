"""`/v1/role-applications`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, Text
from app.db.paging import Slice
from app.domain.people.role_applications import AppliedRole, Outcome, RoleApplication, RoleApplicationState
from app.services.people import role_applications

router = APIRouter(prefix="/role-applications", route_class=Operation, tags=["Rights"])


class RoleApplicationIn(Body):
    organisation_id: UUID
    """Any, also one that is not yet within reach."""
    role: AppliedRole
    reason: Text | None = None


class RoleDecisionIn(Body):
    outcome: Outcome
    reason: Text | None = None
    """Required where the application is rejected."""
    ends_on: Day | None = None
    """The last day of the right given; null is without end."""


@router.post("", status_code=201, responses=refusing("not-found", "by-invitation-only", "already-exists"))
@operation(people_only=True)
async def apply_for_role(writer: Write, body: RoleApplicationIn) -> RoleApplication:
    """Apply for the right of a training manager or a unit manager (everybody)."""
    return await role_applications.apply_for_role(
        writer, organisation_id=body.organisation_id, role=body.role, reason=body.reason
    )


@router.get("", response_model=Page[RoleApplication])
@operation(people_only=True, personal_data=True)
async def list_role_applications(
    reader: Read,
    page: Paging,
    organisation_id: UUID | None = None,
    under: UUID | None = None,
    person_id: UUID | None = None,
    role: AppliedRole | None = None,
    state: RoleApplicationState | None = None,
) -> Slice[RoleApplication]:
    """Your own applications, and others' within the tree of a main user or unit manager; staff see all."""
    return await role_applications.list_applications(
        reader, page, organisation_id=organisation_id, under=under, person_id=person_id, role=role, state=state
    )


@router.get("/{role_application_id}")
@operation(people_only=True, personal_data=True)
async def get_role_application(reader: Read, role_application_id: UUID) -> RoleApplication:
    """One application, with its decision once there is one."""
    return await role_applications.get_application(reader, role_application_id)


@router.post("/{role_application_id}/decision", responses=refusing("wrong-state", "already-exists"))
@operation(people_only=True)
async def decide_role_application(writer: Write, role_application_id: UUID, body: RoleDecisionIn) -> RoleApplication:
    """Grant the right or reject the application (main user, staff; a unit manager where allowed).

    Nobody decides their own. A unit manager decides where the central organisation's own rules say so.
    """
    return await role_applications.decide_application(
        writer, role_application_id, outcome=body.outcome, reason=body.reason, ends_on=body.ends_on
    )


@router.post("/{role_application_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_role_application(writer: Write, role_application_id: UUID, _: NoBody = None) -> RoleApplication:
    """Take the application back before it is decided (who applied)."""
    return await role_applications.withdraw_application(writer, role_application_id)
