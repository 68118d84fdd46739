"""Regional offices: open, change, get and list."""

from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.regional_offices import find_named, offices, regional_offices
from app.db.sessions import Writer
from app.db.statements import change_row, insert_value, row_of
from app.domain.access import check_staff
from app.domain.organisations import regional_offices as rules
from app.domain.organisations.regional_offices import OfficeChanges, RegionalOffice
from app.domain.versions import Versions, check_version


async def open_office(writer: Writer, data: OfficeChanges) -> RegionalOffice:
    check_staff(writer.actor)
    office = rules.changed(RegionalOffice(new_id(), data["name"], None, None, None), data)
    await _check_name(writer, office)
    await insert_value(writer.connection, regional_offices, office, created_at=writer.now)
    writer.record("regional-office.opened", office.id)
    return office


async def change_office(writer: Writer, office_id: UUID, data: OfficeChanges, expected: Versions) -> RegionalOffice:
    before = await offices.lock(writer, office_id)
    check_staff(writer.actor)
    check_version(before, expected)
    after = rules.changed(before, data)
    await _check_name(writer, after)
    if after != before:
        columns = row_of(regional_offices, after)
        await change_row(writer.connection, regional_offices, columns.pop("id"), **columns)
        writer.record("regional-office.changed", office_id, changed=sorted(data))
    return after


get_office = offices.get
list_offices = offices.page


async def _check_name(writer: Writer, office: RegionalOffice) -> None:
    rules.check_name_free(await find_named(writer.connection, office.name, besides=office.id))
