"""Extensions of deadlines: give, get and list."""

from datetime import date
from typing import Unpack
from uuid import UUID

from app.db.calendar.deadlines import deadline_resource, lock_calendars
from app.db.calendar.extensions import deadline_extensions, extensions
from app.db.hours.standing import get_standing
from app.db.identifiers import new_id
from app.db.paging import OrganisationFilters, PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import insert_value
from app.domain.access import check_not_own, check_staff
from app.domain.calendar.deadlines import Extension, check_concerns, check_extension, check_within_round
from app.domain.errors import NotFound


async def give_extension(
    writer: Writer, deadline_id: UUID, *, organisation_id: UUID, closes_on: date, reason: str
) -> Extension:
    # Without the lock the deadline could be removed or moved before the extension is written.
    await lock_calendars(writer.connection)
    deadline = await deadline_resource.get(writer, deadline_id)
    standing = await get_standing(
        writer, organisation_id, deadline.hours_year, "proposal_round", pointer="/organisation_id"
    )
    check_concerns(deadline.organisation_id, standing.place)
    check_staff(writer.actor)
    check_not_own(writer.actor, standing.place, ())
    check_extension(deadline.year, deadline.closes_on, closes_on)
    if deadline.organisation_id:
        check_within_round(closes_on, standing.windows)
    extension = Extension(
        id=new_id(),
        deadline_id=deadline_id,
        organisation_id=organisation_id,
        closes_on=closes_on,
        reason=reason,
        made_by=writer.actor.person_id,
        made_by_name=writer.actor.name,
        made_at=writer.now,
    )
    await insert_value(writer.connection, deadline_extensions, extension)
    writer.record(
        "deadline-extension.given",
        extension.id,
        organisation_id=organisation_id,
        reason=reason,
        deadline_id=deadline_id,
        closes_on=closes_on,
    )
    return extension


async def get_extension(reader: Reader, deadline_id: UUID, extension_id: UUID) -> Extension:
    extension = await extensions.get(reader, extension_id)
    if extension.deadline_id != deadline_id:
        raise NotFound
    return extension


async def list_extensions(
    reader: Reader, page: PageRequest, deadline_id: UUID, **filters: Unpack[OrganisationFilters]
) -> Slice[Extension]:
    await deadline_resource.get(reader, deadline_id)
    return await extensions.page(reader, page, deadline_id=deadline_id, **filters)
