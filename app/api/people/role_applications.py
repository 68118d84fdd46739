"""`/v1/role-applications`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, Several, Text
from app.db.paging import Slice
from app.domain.people.role_applications import AppliedRole, Outcome, RoleApplication, RoleApplicationState
from app.services.people import role_applications

router = APIRouter(
    prefix="/role-applications",
    route_class=Operation,
    tags=[Tag("Rights", "Roles: applying, granting and ending, with who did it, why and for how long.")],
)


class RoleApplicationIn(Body):
    organisation_id: UUID
    """ID of any organisation, also one that is not within your reach yet."""
    role: AppliedRole
    """Role to apply for."""
    reason: Text | None = None
    """Reason for the application. `null` if none is given."""


class RoleDecisionIn(Body):
    outcome: Outcome
    """Decision on the application."""
    reason: Text | None = None
    """Reason for the decision, required for a rejection. `null` if none is given."""
    ends_on: Day | None = None
    """Last day of the role. `null` if it has no end date."""


@router.post(
    "", status_code=201, responses=refusing("not-found", "by-invitation-only", "already-exists", "rate-limited")
)
@operation(people_only=True)
async def apply_for_role(writer: Write, body: RoleApplicationIn) -> RoleApplication:
    """Apply for a role.

    Applies for the role of training manager or unit manager.

    **Who:** everyone who has registered.
    """
    return await role_applications.apply_for_role(
        writer, organisation_id=body.organisation_id, role=body.role, reason=body.reason
    )


@router.get("", response_model=Page[RoleApplication])
@operation(people_only=True, personal_data=True)
async def list_role_applications(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    person_id: Several[UUID] = None,
    role: Several[AppliedRole] = None,
    state: Several[RoleApplicationState] = None,
) -> Slice[RoleApplication]:
    """List role applications.

    The newest come first.

    **Who:** main users and unit managers within their tree, staff, auditors; everyone for their own.
    """
    return await role_applications.list_applications(
        reader, page, organisation_id=organisation_id, under=under, person_id=person_id, role=role, state=state
    )


@router.get("/{role_application_id}")
@operation(people_only=True, personal_data=True)
async def get_role_application(reader: Read, role_application_id: UUID) -> RoleApplication:
    """Get a role application.

    Includes the decision, if one has been made.

    **Who:** main users and unit managers within their tree, staff, auditors; everyone for their own.
    """
    return await role_applications.get_application(reader, role_application_id)


@router.post("/{role_application_id}/decision", responses=refusing("wrong-state", "already-exists"))
@operation(people_only=True)
async def decide_role_application(writer: Write, role_application_id: UUID, body: RoleDecisionIn) -> RoleApplication:
    """Decide a role application.

    Grants the role or rejects the application. Nobody decides their own application.

    **Who:** main users within their tree, staff; unit managers if the central organisation's training rules allow it.
    """
    return await role_applications.decide_application(
        writer, role_application_id, outcome=body.outcome, reason=body.reason, ends_on=body.ends_on
    )


@router.post("/{role_application_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_role_application(writer: Write, role_application_id: UUID, _: NoBody = None) -> RoleApplication:
    """Withdraw a role application.

    No decision may have been made yet.

    **Who:** the applicant.
    """
    return await role_applications.withdraw_application(writer, role_application_id)
