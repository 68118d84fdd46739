"""`/v1/onboardings`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, Read
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Day, Line, Several
from app.db.paging import Slice
from app.domain.people.onboardings import Onboarding, OnboardingState
from app.services.people import onboardings

router = APIRouter(
    prefix="/onboardings",
    route_class=Operation,
    tags=[Tag("Onboarding", "The four steps of a new main user, each with its day.")],
)


class OnboardingPatch(Body):
    inductor_id: UUID | None = UNSAID
    """ID of the person who gives the onboarding: a present or former main user of the organisation, or a staff member.
    `null` if `inductor_name` is used."""
    inductor_name: Line | None = UNSAID
    """Name of the person who gives the onboarding, if the service does not know the person. `null` if `inductor_id` is
    used; the name that is shown beside that ID is allowed too."""
    inducted_on: Day | None = UNSAID
    """Day of step 2, the onboarding meeting. `null` if not done."""
    service_known_on: Day | None = UNSAID
    """Day of step 3, getting to know the service. `null` if not done."""
    member_services_known_on: Day | None = UNSAID
    """Day of step 4, getting to know the study centre's services for members. `null` if not done."""


@router.get("", response_model=Page[Onboarding])
@operation(people_only=True, personal_data=True)
async def list_onboardings(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    person_id: Several[UUID] = None,
    state: Several[OnboardingState] = None,
) -> Slice[Onboarding]:
    """List onboardings.

    The newest come first.

    **Who:** main users within their tree, staff, auditors; everyone for their own.
    """
    return await onboardings.list_onboardings(
        reader, page, organisation_id=organisation_id, under=under, person_id=person_id, state=state
    )


@router.get("/{onboarding_id}")
@operation(people_only=True, personal_data=True)
async def get_onboarding(reader: Read, onboarding_id: UUID) -> Onboarding:
    """Get an onboarding.

    Shows the four steps of a new main user with their days.

    **Who:** main users within their tree, staff, auditors; everyone for their own.
    """
    return await onboardings.get_onboarding(reader, onboarding_id)


@router.patch("/{onboarding_id}")
@operation(people_only=True)
async def change_onboarding(writer: Edit, onboarding_id: UUID, body: OnboardingPatch) -> Onboarding:
    """Change an onboarding.

    Sets the person who gives the onboarding, and the days of the steps.

    **Who:** the new main user, other main users of the organisation, staff.
    """
    return await onboardings.change_onboarding(writer, onboarding_id, changes=body.given(), expected=writer.expected)
