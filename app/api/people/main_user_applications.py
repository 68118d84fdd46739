"""`/v1/main-user-applications`."""

from typing import cast
from uuid import UUID

from fastapi import APIRouter

from app.api.answers import refusing
from app.api.operations import PERSONAL, Operation
from app.api.paging import Page, Paging
from app.api.shapes import UNSAID, Body, Day, Text
from app.db.paging import Slice
from app.db.sessions import Reader, Writer
from app.domain.organisations.organisations import Language
from app.domain.people.main_user_applications import ApplicationState, MainUserApplication, Outcome
from app.domain.versions import Versions
from app.services.people import main_user_applications as applications
from app.services.people.main_user_applications import ApplicationChanges
from app.services.people.main_user_decisions import decide_application

router = APIRouter(prefix="/main-user-applications", route_class=Operation, tags=["Main-user applications"])
NAMED = refusing("not-found", "already-exists", "wrong-state")


class MainUserApplicationIn(Body):
    organisation_id: UUID
    signatory_id: UUID
    """A confirmed signatory of the organisation, in force, who is not the applicant."""
    language: Language | None = None
    """Of the document; unless said, the applicant's."""
    begins_on: Day | None = None
    """The right's first day; unless said, it begins with the approval."""
    replaces_role_grant_id: UUID | None = None
    """The main user's right that is to end when this one begins."""


class MainUserApplicationPatch(Body):
    signatory_id: UUID = UNSAID
    language: Language = UNSAID
    begins_on: Day | None = UNSAID
    replaces_role_grant_id: UUID | None = UNSAID


class MainUserDecisionIn(Body):
    outcome: Outcome
    reason: Text | None = None
    """Needed to reject."""


@router.post(
    "",
    status_code=201,
    response_model=MainUserApplication,
    responses=refusing("not-found", "not-central", "not-a-member", "already-exists", "wrong-state"),
)
async def draft_main_user_application(writer: Writer, body: MainUserApplicationIn) -> MainUserApplication:
    """Draft your application to be a central organisation's main user (whoever holds a role in its tree)."""
    return await applications.draft_application(
        writer,
        organisation_id=body.organisation_id,
        signatory_id=body.signatory_id,
        language=body.language,
        begins_on=body.begins_on,
        replaces_role_grant_id=body.replaces_role_grant_id,
    )


@router.get("", response_model=Page[MainUserApplication], openapi_extra=PERSONAL)
async def list_main_user_applications(
    reader: Reader,
    page: Paging,
    organisation_id: UUID | None = None,
    under: UUID | None = None,
    applicant_id: UUID | None = None,
    state: ApplicationState | None = None,
) -> Slice[MainUserApplication]:
    """Applications, newest first (your own, those you are to sign; main user, staff, auditor)."""
    return await applications.list_applications(
        reader, page, organisation_id=organisation_id, under=under, applicant_id=applicant_id, state=state
    )


@router.get("/{application_id}", response_model=MainUserApplication, openapi_extra=PERSONAL)
async def get_main_user_application(reader: Reader, application_id: UUID) -> MainUserApplication:
    """One application, with its state by the clock."""
    return await applications.get_application(reader, application_id)


@router.patch("/{application_id}", response_model=MainUserApplication, responses=NAMED)
async def change_main_user_application(
    writer: Writer, application_id: UUID, body: MainUserApplicationPatch, expected: Versions
) -> MainUserApplication:
    """Change a draft (applicant)."""
    changes = cast(ApplicationChanges, body.model_dump(exclude_unset=True))
    return await applications.change_draft(writer, application_id, changes, expected)


@router.post(
    "/{application_id}/submission",
    response_model=MainUserApplication,
    responses=refusing("not-a-member", "already-exists", "wrong-state", "precondition-failed"),
)
async def submit_main_user_application(writer: Writer, application_id: UUID) -> MainUserApplication:
    """Have the document made, to be signed by you and the signatory (applicant)."""
    return await applications.submit_application(writer, application_id)


@router.post("/{application_id}/withdrawal", response_model=MainUserApplication, responses=refusing("wrong-state"))
async def withdraw_main_user_application(writer: Writer, application_id: UUID) -> MainUserApplication:
    """Take the application back before it is decided (applicant)."""
    return await applications.withdraw_application(writer, application_id)


@router.post(
    "/{application_id}/decision",
    response_model=MainUserApplication,
    responses=refusing("wrong-state", "same-person", "base-right-required", "not-a-member", "already-exists"),
)
async def decide_main_user_application(
    writer: Writer, application_id: UUID, body: MainUserDecisionIn
) -> MainUserApplication:
    """Give the right that is applied for, or reject the application (staff, but nobody on their own)."""
    return await decide_application(writer, application_id, outcome=body.outcome, reason=body.reason)
