"""`/v1/contact-assignments` and `/v1/organisations/{id}/contact`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, Read, Remove, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Day, Several
from app.db.paging import Slice
from app.domain.organisations.contacts import Contact, ContactAssignment
from app.services.organisations import contacts

TAGS = [Tag("Contact persons", "An organisation's contact person at the study centre, and the regional offices.")]
assignments_router = APIRouter(prefix="/contact-assignments", route_class=Operation, tags=[*TAGS])
contact_router = APIRouter(prefix="/organisations/{organisation_id}/contact", route_class=Operation, tags=[*TAGS])


class ContactAssignmentIn(Body):
    organisation_id: UUID
    """ID of a central organisation."""
    person_id: UUID
    """ID of a staff member of the study centre."""
    regional_office_id: UUID
    valid_from: Day
    valid_until: Day | None = None


class ContactAssignmentPatch(Body):
    regional_office_id: UUID = UNSAID
    valid_from: Day = UNSAID
    valid_until: Day | None = UNSAID


@assignments_router.post("", status_code=201, responses=refusing("not-found", "not-central", "assignment-overlap"))
@operation(scope="organisations:write")
async def assign_contact(writer: Write, body: ContactAssignmentIn) -> ContactAssignment:
    """Assign a contact person.

    Names a staff member as the contact person of a central organisation for a period.

    **Who:** staff.
    """
    return await contacts.assign_contact(
        writer,
        organisation_id=body.organisation_id,
        person_id=body.person_id,
        regional_office_id=body.regional_office_id,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
    )


@assignments_router.get("", response_model=Page[ContactAssignment])
@operation(scope="organisations:read")
async def list_contact_assignments(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    person_id: Several[UUID] = None,
    regional_office_id: Several[UUID] = None,
) -> Slice[ContactAssignment]:
    """List contact assignments.

    Returns past, present and future contact persons, newest first.

    **Who:** everyone with a role, within their reach.
    """
    return await contacts.list_assignments(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        person_id=person_id,
        regional_office_id=regional_office_id,
    )


@assignments_router.get("/{assignment_id}")
@operation(scope="organisations:read")
async def get_contact_assignment(reader: Read, assignment_id: UUID) -> ContactAssignment:
    """Get a contact assignment.

    **Who:** everyone with a role, within their reach.
    """
    return await contacts.get_assignment(reader, assignment_id)


@assignments_router.patch("/{assignment_id}", responses=refusing("assignment-overlap"))
@operation(scope="organisations:write")
async def change_contact_assignment(
    writer: Edit, assignment_id: UUID, body: ContactAssignmentPatch
) -> ContactAssignment:
    """Change a contact assignment.

    Changes the days or the office. Another person needs a new assignment.

    **Who:** staff.
    """
    return await contacts.change_assignment(writer, assignment_id, body.given(), writer.expected)


@assignments_router.delete("/{assignment_id}", status_code=204)
@operation(scope="organisations:write")
async def remove_contact_assignment(writer: Remove, assignment_id: UUID) -> None:
    """Remove a contact assignment.

    Removes an assignment that was made by mistake. To end an assignment, change its last day.

    **Who:** staff.
    """
    await contacts.remove_assignment(writer, assignment_id, writer.expected)


@contact_router.get("")
@operation(scope="organisations:read", personal_data=True)
async def get_organisation_contact(reader: Read, organisation_id: UUID) -> Contact:
    """Get the contact person.

    Returns today's contact person at the study centre. Units share the contact person of their central organisation.

    **Who:** everyone with a role, within their reach.
    """
    return await contacts.get_contact(reader, organisation_id)
