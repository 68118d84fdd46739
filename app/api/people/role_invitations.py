"""`/v1/role-invitations`, and the page that the link in an invitation leads to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import StringConstraints

from app.api.backend import Backend
from app.api.conventions import NoBody, Read, Tokens, Write
from app.api.operations import Operation
from app.api.pages import HtmlPage
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Email, Several, Text
from app.api.token_pages import caller_with, token_page
from app.db.paging import Slice
from app.domain.organisations.organisations import Language
from app.domain.people.role_grants import GrantedRole
from app.domain.people.role_invitations import InvitedRole, RoleInvitation, RoleInvitationState
from app.services.people import role_invitations

router = APIRouter(prefix="/role-invitations", route_class=Operation, tags=["Rights"])
page_router = APIRouter(prefix="/role-invitations", include_in_schema=False)


class RoleInvitationIn(Body):
    organisation_id: UUID
    role: InvitedRole
    """Role to offer."""
    email: Email
    """Email address that the invitation is sent to."""
    reason: Text | None = None
    """Reason for the role. It is shown in the email. `null` if none is given."""


class AcceptanceIn(Body):
    token: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """Token from the email."""


@router.post("", status_code=201, responses=refusing("not-found", "already-exists", "too-many", "rate-limited"))
@operation(people_only=True)
async def create_role_invitation(writer: Write, tokens: Tokens, body: RoleInvitationIn) -> RoleInvitation:
    """Send a role invitation.

    Offers a role by an email with a link, which is valid for 14 days. The response is the same whether or not the
    address belongs to a person who has registered. An organisation can have twenty open invitations, and an address
    one for each organisation and role. A person can send 60 a day, and five to one address. An address gets five a
    day from all people together; it gets no email about further ones.

    **Who:** main users within their tree, staff.
    """
    return await role_invitations.invite(
        writer, tokens, organisation_id=body.organisation_id, role=body.role, email=body.email, reason=body.reason
    )


@router.get("", response_model=Page[RoleInvitation])
@operation(people_only=True, personal_data=True)
async def list_role_invitations(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    role: Several[InvitedRole] = None,
    state: Several[RoleInvitationState] = None,
) -> Slice[RoleInvitation]:
    """List role invitations.

    The newest come first.

    **Who:** main users within their tree, staff, auditors.
    """
    return await role_invitations.list_invitations(
        reader, page, organisation_id=organisation_id, under=under, role=role, state=state
    )


@router.get("/{role_invitation_id}")
@operation(people_only=True, personal_data=True)
async def get_role_invitation(reader: Read, role_invitation_id: UUID) -> RoleInvitation:
    """Get a role invitation.

    Shows who sent it, and who accepted or withdrew it.

    **Who:** main users within their tree, staff, auditors.
    """
    return await role_invitations.get_invitation(reader, role_invitation_id)


@router.post("/{role_invitation_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_role_invitation(writer: Write, role_invitation_id: UUID, _: NoBody = None) -> RoleInvitation:
    """Withdraw a role invitation.

    The link in the email stops working immediately. A suspended invitation can be withdrawn too.

    **Who:** main users within their tree, staff.
    """
    return await role_invitations.withdraw_invitation(writer, role_invitation_id)


@router.post("/acceptance", responses=refusing("not-found", "wrong-state", "already-exists"))
@operation(people_only=True)
async def accept_role_invitation(writer: Write, body: AcceptanceIn) -> GrantedRole:
    """Accept a role invitation.

    Grants you the role, as if the person who invited you granted it now. The token is in the email, whatever your own
    email address is, and works once.

    **Who:** everyone who has registered and has the token.
    """
    return await role_invitations.accept_invitation(writer, token=body.token)


@page_router.get("/{token}")
async def show_role_invitation(request: Request, token: str) -> HtmlPage:
    """What the invitation offers, and how to accept it."""
    backend: Backend = request.app.state.backend

    async def read(language: Language) -> dict[str, object]:
        async with backend.reading(await caller_with(backend, token)) as reader:
            invitation = await role_invitations.find_invitation(reader, token, language)
        return {
            "role": invitation.role,
            "organisation": invitation.organisation_name,
            "expires_at": invitation.expires_at,
        }

    acceptance = ("POST", "/v1/role-invitations/acceptance")
    return await token_page(request, "role-invitation", read, operation=acceptance)
