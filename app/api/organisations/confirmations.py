"""`/v1/organisation-confirmations`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read, Write
from app.api.operations import Operation, Tag
from app.api.organisations.organisations import Website
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Several, Year, Years
from app.db.paging import Slice
from app.domain.organisations.confirmations import OrganisationConfirmation
from app.services.organisations import confirmations

router = APIRouter(
    prefix="/organisation-confirmations",
    route_class=Operation,
    tags=[
        Tag("Yearly confirmations", "Each main user's confirmation, once a year, that the data and roles are in order.")
    ],
)


class ConfirmationIn(Body):
    organisation_id: UUID
    """ID of your central organisation."""
    year: Year
    """Year of the confirmation."""
    membership_page_url: Website | None = None
    """URL of the organisation's page that mentions the membership in the study centre."""


@router.post(
    "",
    status_code=201,
    responses=refusing("not-found", "not-central", "not-a-member", "window-closed", "already-exists"),
)
@operation(people_only=True)
async def confirm_organisation(writer: Write, body: ConfirmationIn) -> OrganisationConfirmation:
    """Confirm an organisation's data.

    Confirms that the data and roles are in order this year.

    **Who:** main users, each once a year.
    """
    return await confirmations.confirm_organisation(
        writer,
        organisation_id=body.organisation_id,
        year=body.year,
        membership_page_url=body.membership_page_url,
    )


@router.get("", response_model=Page[OrganisationConfirmation])
@operation(scope="organisations:read", personal_data=True)
async def list_organisation_confirmations(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    person_id: Several[UUID] = None,
) -> Slice[OrganisationConfirmation]:
    """List yearly confirmations.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await confirmations.list_confirmations(
        reader, page, organisation_id=organisation_id, under=under, year=year, person_id=person_id
    )


@router.get("/{confirmation_id}")
@operation(scope="organisations:read", personal_data=True)
async def get_organisation_confirmation(reader: Read, confirmation_id: UUID) -> OrganisationConfirmation:
    """Get a yearly confirmation.

    **Who:** everyone with a role, within their reach.
    """
    return await confirmations.get_confirmation(reader, confirmation_id)
