"""Contact persons: assign, change, remove, get and list."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import contacts as questions
from app.db.organisations import profiles
from app.db.organisations.contacts import assignments, contact_assignments
from app.db.organisations.organisations import find_place
from app.db.organisations.regional_offices import offices
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_value, remove_row
from app.domain.access import check_reach, check_staff
from app.domain.errors import NotFound
from app.domain.hours.standing import check_central
from app.domain.organisations import contacts as rules
from app.domain.organisations.contacts import AssignmentChanges, Contact, ContactAssignment
from app.domain.versions import Versions, check_version


async def assign_contact(
    writer: Writer,
    *,
    organisation_id: UUID,
    person_id: UUID,
    regional_office_id: UUID,
    valid_from: date,
    valid_until: date | None,
) -> ContactAssignment:
    rules.check_days(valid_from, valid_until)
    # The lock lets the second of two simultaneous requests see the assignment of the first.
    _, place = await profiles.get(writer, organisation_id, locked=True, pointer="/organisation_id")
    adviser = await questions.find_adviser(writer.connection, person_id, writer.now)
    if adviser is None:
        raise NotFound(pointer="/person_id")
    await _check_office(writer, regional_office_id)
    check_staff(writer.actor)
    check_central(place, pointer="/organisation_id")
    rules.check_is_staff(adviser[1])
    assignment = ContactAssignment(
        id=new_id(),
        organisation_id=organisation_id,
        person_id=person_id,
        regional_office_id=regional_office_id,
        valid_from=valid_from,
        valid_until=valid_until,
        made_by=writer.actor.person_id,
        made_by_name=writer.actor.name,
        made_at=writer.now,
    )
    rules.check_no_overlap(assignment, await questions.find_overlapping(writer.connection, assignment))
    await insert_value(writer.connection, contact_assignments, assignment)
    _record(writer, "made", assignment)
    return assignment


async def change_assignment(
    writer: Writer, assignment_id: UUID, changes: AssignmentChanges, expected: Versions
) -> ContactAssignment:
    assignment = await _permit(writer, assignment_id, expected)
    changed = replace(assignment, **changes)
    rules.check_days(changed.valid_from, changed.valid_until)
    await _check_office(writer, changed.regional_office_id)
    rules.check_no_overlap(changed, await questions.find_overlapping(writer.connection, changed))
    if changed != assignment:
        await change_row(writer.connection, contact_assignments, assignment_id, **changes)
        _record(writer, "changed", changed)
    return changed


async def remove_assignment(writer: Writer, assignment_id: UUID, expected: Versions) -> None:
    assignment = await _permit(writer, assignment_id, expected)
    await remove_row(writer.connection, contact_assignments, assignment_id)
    _record(writer, "removed", assignment)


get_assignment = assignments.get
list_assignments = assignments.page


async def get_contact(reader: Reader, organisation_id: UUID) -> Contact:
    """Return the contact person of the organisation's centre, also to callers who do not reach the centre."""
    place = check_reach(reader.actor, await find_place(reader.connection, organisation_id))
    return await find_contact(reader, organisation_id, place.central_organisation_id)


async def find_contact(reader: Reader, organisation_id: UUID, central_id: UUID) -> Contact:
    """As `get_contact`, for a caller who may see it: what the contact person is asked about is in reach."""
    assignment = await questions.find_in_force(reader, central_id)
    if assignment is None:
        return Contact(organisation_id, central_id, None, None, None, None, None)
    adviser = await questions.find_adviser(reader.connection, assignment.person_id, reader.now)
    office = await offices.find(reader, assignment.regional_office_id)
    return Contact(
        organisation_id,
        central_id,
        assignment.id,
        adviser and adviser[0],
        office,
        assignment.valid_from,
        assignment.valid_until,
    )


async def _check_office(writer: Writer, office_id: UUID) -> None:
    if await offices.find(writer, office_id) is None:
        raise NotFound(pointer="/regional_office_id")


async def _permit(writer: Writer, assignment_id: UUID, expected: Versions) -> ContactAssignment:
    """Return the assignment if the caller may change it and its version is the expected one."""
    assignment = await assignments.lock(writer, assignment_id)
    check_staff(writer.actor)
    check_version(assignment, expected)
    return assignment


def _record(writer: Writer, verb: str, assignment: ContactAssignment) -> None:
    writer.record(
        f"contact-assignment.{verb}",
        assignment.id,
        organisation_id=assignment.organisation_id,
        person_id=str(assignment.person_id),
        valid_from=assignment.valid_from,
        valid_until=assignment.valid_until,
    )
