"""Contact persons and regional offices: name, change, end, look."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import contacts as questions
from app.db.organisations import profiles
from app.db.organisations.contacts import contact_assignments, regional_offices
from app.db.organisations.organisations import find_place
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_row, row_of
from app.domain.access import check_reach, check_staff
from app.domain.errors import AlreadyExists, NotFound
from app.domain.hours.standing import check_central
from app.domain.organisations import contacts as rules
from app.domain.organisations.contacts import (
    AssignmentChanges,
    Contact,
    ContactAssignment,
    OfficeChanges,
    RegionalOffice,
)
from app.domain.organisations.organisations import Address, merged
from app.domain.versions import Versions, check_version


async def open_office(writer: Writer, data: OfficeChanges) -> RegionalOffice:
    check_staff(writer.actor)
    plain = RegionalOffice(new_id(), data["name"], None, None, None)
    office = _office_changed(plain, data)
    await _check_office_name(writer, office)
    await insert_row(writer.connection, regional_offices, **_columns(office), created_at=writer.now)
    writer.record("regional-office.opened", office.id)
    return office


async def change_office(writer: Writer, office_id: UUID, data: OfficeChanges, expected: Versions) -> RegionalOffice:
    before = await questions.lock_office(writer.connection, office_id)
    if before is None:
        raise NotFound
    check_staff(writer.actor)
    check_version(before, expected)
    after = _office_changed(before, data)
    await _check_office_name(writer, after)
    if after != before:
        columns = _columns(after)
        await change_row(writer.connection, regional_offices, columns.pop("id"), **columns)
        writer.record("regional-office.changed", office_id, changed=sorted(data))
    return after


async def get_office(reader: Reader, office_id: UUID) -> RegionalOffice:
    office = await questions.find_office(reader.connection, office_id)
    if office is None:
        raise NotFound
    return office


async def list_offices(reader: Reader, page: PageRequest) -> Slice[RegionalOffice]:
    return await questions.offices_listing.page(reader, page)


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
    # Of two that name somebody for one organisation the second sees whom the first has named.
    found = await profiles.lock(writer.connection, organisation_id)
    place = check_reach(writer.actor, found and found[1], pointer="/organisation_id")
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
        made_at=writer.now,
    )
    rules.check_no_overlap(assignment, await questions.find_overlapping(writer.connection, assignment))
    await insert_row(writer.connection, contact_assignments, **row_of(contact_assignments, assignment))
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
    await questions.remove_assignment(writer.connection, assignment_id)
    _record(writer, "removed", assignment)


async def get_assignment(reader: Reader, assignment_id: UUID) -> ContactAssignment:
    return await _in_reach(reader, await questions.find_assignment(reader.connection, assignment_id))


async def list_assignments(
    reader: Reader,
    page: PageRequest,
    *,
    organisation_id: UUID | None,
    under: UUID | None,
    person_id: UUID | None,
    regional_office_id: UUID | None,
) -> Slice[ContactAssignment]:
    return await questions.assignments_listing.page(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        person_id=person_id,
        regional_office_id=regional_office_id,
    )


async def get_contact(reader: Reader, organisation_id: UUID) -> Contact:
    """Whoever reaches a unit sees its centre's contact person, though not the centre."""
    place = check_reach(reader.actor, await find_place(reader.connection, organisation_id))
    central_id = place.central_organisation_id
    assignment = await questions.find_in_force(reader.connection, central_id, reader.now.date())
    if assignment is None:
        return Contact(organisation_id, central_id, None, None, None, None, None)
    adviser = await questions.find_adviser(reader.connection, assignment.person_id, reader.now)
    office = await questions.find_office(reader.connection, assignment.regional_office_id)
    return Contact(
        organisation_id,
        central_id,
        assignment.id,
        adviser and adviser[0],
        office,
        assignment.valid_from,
        assignment.valid_until,
    )


def _office_changed(office: RegionalOffice, data: OfficeChanges) -> RegionalOffice:
    said: dict[str, Any] = dict(data)
    if "address" in said:
        said["address"] = merged(Address, office.address, said["address"])
    return replace(office, **said)


def _columns(office: RegionalOffice) -> dict[str, Any]:
    return row_of(regional_offices, office) | {"address": office.address and asdict(office.address)}


async def _check_office_name(writer: Writer, office: RegionalOffice) -> None:
    other_id = await questions.find_office_named(writer.connection, office.name, besides=office.id)
    if other_id is not None:
        raise AlreadyExists(pointer="/name", existing_id=other_id)


async def _check_office(writer: Writer, office_id: UUID) -> None:
    if await questions.find_office(writer.connection, office_id) is None:
        raise NotFound(pointer="/regional_office_id")


async def _in_reach(reader: Reader, assignment: ContactAssignment | None) -> ContactAssignment:
    if assignment is None:
        raise NotFound
    check_reach(reader.actor, await find_place(reader.connection, assignment.organisation_id))
    return assignment


async def _permit(writer: Writer, assignment_id: UUID, expected: Versions) -> ContactAssignment:
    """The assignment, if the caller may change it, in the version that the caller saw."""
    assignment = await _in_reach(writer, await questions.lock_assignment(writer.connection, assignment_id))
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
