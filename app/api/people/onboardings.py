"""`/v1/onboardings`."""

from typing import cast
from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, Read
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Day, Line
from app.db.paging import Slice
from app.domain.people.onboardings import Onboarding, OnboardingChanges, OnboardingState
from app.services.people import onboardings

router = APIRouter(prefix="/onboardings", route_class=Operation, tags=["Onboarding"])


class OnboardingPatch(Body):
    inductor_id: UUID | None = UNSAID
    """Another main user of the organisation, present or former, or staff; in place of `inductor_name`."""
    inductor_name: Line | None = UNSAID
    """Of somebody whom the service does not know; in place of `inductor_id`."""
    inducted_on: Day | None = UNSAID
    service_known_on: Day | None = UNSAID
    member_services_known_on: Day | None = UNSAID


@router.get("", response_model=Page[Onboarding])
@operation(people_only=True, personal_data=True)
async def list_onboardings(
    reader: Read,
    page: Paging,
    organisation_id: UUID | None = None,
    under: UUID | None = None,
    person_id: UUID | None = None,
    state: OnboardingState | None = None,
) -> Slice[Onboarding]:
    """Your own onboarding, and others' within the tree of a main user; staff see all."""
    return await onboardings.list_onboardings(
        reader, page, organisation_id=organisation_id, under=under, person_id=person_id, state=state
    )


@router.get("/{onboarding_id}")
@operation(people_only=True, personal_data=True)
async def get_onboarding(reader: Read, onboarding_id: UUID) -> Onboarding:
    """A new main user's four steps with their days."""
    return await onboardings.get_onboarding(reader, onboarding_id)


@router.patch("/{onboarding_id}")
@operation(people_only=True)
async def change_onboarding(writer: Edit, onboarding_id: UUID, body: OnboardingPatch) -> Onboarding:
    """Say who gives the induction, and when the steps were taken (the new main user; other main users; staff)."""
    changes = cast(OnboardingChanges, body.model_dump(exclude_unset=True))
    return await onboardings.change_onboarding(writer, onboarding_id, changes=changes, expected=writer.expected)
