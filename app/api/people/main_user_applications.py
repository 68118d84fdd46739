"""`/v1/main-user-applications`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, NoBody, Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Day, References, Several, Text
from app.db.paging import Slice
from app.domain.organisations.organisations import Language
from app.domain.people.main_user_applications import ApplicationState, MainUserApplication, Outcome
from app.services.people import main_user_applications as applications
from app.services.people.main_user_decisions import decide_application

router = APIRouter(prefix="/main-user-applications", route_class=Operation, tags=["Main-user applications"])
NAMED = refusing("not-found", "already-exists", "wrong-state")


class MainUserApplicationIn(Body):
    organisation_id: UUID
    signatory_id: UUID
    """ID of an authorised signatory of the organisation, confirmed and in force. Not the applicant."""
    language: Language | None = None
    """Language of the document. The default is the applicant's language."""
    begins_on: Day | None = None
    """First day of the role. `null` if the role begins when the application is approved."""
    replaces_role_grant_id: UUID | None = None


class MainUserApplicationPatch(Body):
    signatory_id: UUID = UNSAID
    language: Language = UNSAID
    """Language of the document."""
    begins_on: Day | None = UNSAID
    replaces_role_grant_id: UUID | None = UNSAID


class MainUserDecisionIn(Body):
    outcome: Outcome
    """Decision on the application."""
    reason: Text | None = None
    """Reason for the decision, required for a rejection. `null` if none is given."""


@router.post(
    "",
    status_code=201,
    responses=refusing("not-found", "not-central", "not-a-member", "already-exists", "wrong-state", "rate-limited"),
)
@operation(people_only=True)
async def draft_main_user_application(writer: Write, body: MainUserApplicationIn) -> MainUserApplication:
    """Create a main-user application.

    Creates a draft of your application to become a main user of a central organisation.

    **Who:** everyone with a role in the organisation's tree, except observers.
    """
    return await applications.draft_application(
        writer,
        organisation_id=body.organisation_id,
        signatory_id=body.signatory_id,
        language=body.language,
        begins_on=body.begins_on,
        replaces_role_grant_id=body.replaces_role_grant_id,
    )


@router.get("", response_model=Page[MainUserApplication])
@operation(people_only=True, personal_data=True)
async def list_main_user_applications(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    applicant_id: Several[UUID] = None,
    state: Several[ApplicationState] = None,
    reference: References = None,
    handler_id: Several[UUID] = None,
) -> Slice[MainUserApplication]:
    """List main-user applications.

    The newest come first.

    **Who:** the applicant, the signatory, the organisation's main users, staff, auditors.
    """
    return await applications.list_applications(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        applicant_id=applicant_id,
        state=state,
        reference=reference,
        handler_id=handler_id,
    )


@router.get("/{application_id}")
@operation(people_only=True, personal_data=True)
async def get_main_user_application(reader: Read, application_id: UUID) -> MainUserApplication:
    """Get a main-user application.

    **Who:** the applicant, the signatory, the organisation's main users, staff, auditors.
    """
    return await applications.get_application(reader, application_id)


@router.patch("/{application_id}", responses=NAMED)
@operation(people_only=True)
async def change_main_user_application(
    writer: Edit, application_id: UUID, body: MainUserApplicationPatch
) -> MainUserApplication:
    """Change a main-user application.

    The application must be a draft.

    **Who:** the applicant.
    """
    return await applications.change_draft(writer, application_id, body.given(), writer.expected)


@router.post(
    "/{application_id}/submission",
    responses=refusing("not-a-member", "already-exists", "wrong-state", "precondition-failed"),
)
@operation(people_only=True)
async def submit_main_user_application(writer: Write, application_id: UUID, _: NoBody = None) -> MainUserApplication:
    """Submit a main-user application.

    Creates the document that you and the signatory sign.

    **Who:** the applicant.
    """
    return await applications.submit_application(writer, application_id)


@router.post("/{application_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_main_user_application(writer: Write, application_id: UUID, _: NoBody = None) -> MainUserApplication:
    """Withdraw a main-user application.

    No decision may have been made yet.

    **Who:** the applicant.
    """
    return await applications.withdraw_application(writer, application_id)


@router.post(
    "/{application_id}/decision",
    responses=refusing("wrong-state", "same-person", "base-right-required", "not-a-member", "already-exists"),
)
@operation(people_only=True)
async def decide_main_user_application(
    writer: Write, application_id: UUID, body: MainUserDecisionIn
) -> MainUserApplication:
    """Decide a main-user application.

    Approval grants the role, opens the onboarding and ends the role that is replaced.

    **Who:** staff, except the people concerned and the organisation's main users.
    """
    return await decide_application(writer, application_id, outcome=body.outcome, reason=body.reason)
