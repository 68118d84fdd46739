"""Extensions: give, look."""

from datetime import date
from uuid import UUID

from app.db.calendar import extensions as questions
from app.db.calendar.deadlines import get_deadline, lock_calendars
from app.db.calendar.extensions import deadline_extensions
from app.db.hours.standing import get_standing
from app.db.identifiers import new_id
from app.db.organisations.organisations import find_place
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row
from app.domain.access import check_not_own, check_reach, check_staff
from app.domain.calendar.deadlines import Extension, check_concerns, check_extension, check_within_round
from app.domain.errors import NotFound


async def give_extension(
    writer: Writer, deadline_id: UUID, *, organisation_id: UUID, closes_on: date, reason: str
) -> Extension:
    # Else the deadline could be removed or moved before this is written.
    await lock_calendars(writer.connection)
    deadline = await get_deadline(writer, deadline_id)
    standing = await get_standing(
        writer, organisation_id, deadline.hours_year, "proposal_round", pointer="/organisation_id"
    )
    check_concerns(deadline.organisation_id, standing.place)
    check_staff(writer.actor)
    check_not_own(writer.actor, standing.place, ())
    check_extension(deadline.closes_on, closes_on)
    if deadline.organisation_id:
        check_within_round(closes_on, standing.windows)
    extension_id = new_id()
    await insert_row(
        writer.connection,
        deadline_extensions,
        id=extension_id,
        deadline_id=deadline_id,
        organisation_id=organisation_id,
        closes_on=closes_on,
        reason=reason,
        made_by=writer.actor.person_id,
        made_at=writer.now,
    )
    writer.record(
        "deadline-extension.given",
        extension_id,
        organisation_id=organisation_id,
        reason=reason,
        deadline_id=deadline_id,
        closes_on=closes_on,
    )
    return await _get(writer, deadline_id, extension_id)


async def get_extension(reader: Reader, deadline_id: UUID, extension_id: UUID) -> Extension:
    extension = await _get(reader, deadline_id, extension_id)
    check_reach(reader.actor, await find_place(reader.connection, extension.organisation_id))
    return extension


async def list_extensions(
    reader: Reader, page: PageRequest, deadline_id: UUID, *, organisation_id: UUID | None, under: UUID | None
) -> Slice[Extension]:
    await get_deadline(reader, deadline_id)
    return await questions.listing.page(
        reader,
        page,
        deadline_id=deadline_id,
        organisation_id=organisation_id,
        under=under,
    )


async def _get(session: Reader, deadline_id: UUID, extension_id: UUID) -> Extension:
    extension = await questions.find(session.connection, deadline_id, extension_id)
    if extension is None:
        raise NotFound
    return extension
