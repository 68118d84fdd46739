"""Deadlines: make, change, remove, look."""

from dataclasses import replace
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from app.db.calendar import deadlines as questions
from app.db.calendar.deadlines import check_apart, deadlines, lock_calendars, page_of_year, remove
from app.db.calendar.extensions import list_of as list_extensions_of
from app.db.hours.standing import get_standing
from app.db.identifiers import new_id
from app.db.organisations.organisations import find_place
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_row
from app.domain.access import Place, check_reach
from app.domain.calendar.deadlines import (
    Deadline,
    Kind,
    State,
    check_deadline,
    check_may_run,
    check_within_round,
    hours_year_of,
    state_of,
)
from app.domain.hours.standing import check_central
from app.domain.versions import Versions, check_version


class DeadlineChanges(TypedDict, total=False):
    hours_year: int
    opens_on: date | None
    closes_on: date | None
    confirmed: bool
    note: str | None


async def make_deadline(
    writer: Writer,
    *,
    year: int,
    kind: Kind,
    hours_year: int | None,
    organisation_id: UUID | None,
    opens_on: date | None,
    closes_on: date | None,
    confirmed: bool,
    note: str | None,
) -> Deadline:
    hours_year = hours_year_of(kind, year) if hours_year is None else hours_year
    check_deadline(kind, hours_year, organisation_id, opens_on, closes_on)
    await lock_calendars(writer.connection)
    owner = await _find_owner(writer, organisation_id)
    if organisation_id:
        check_reach(writer.actor, owner, pointer="/organisation_id")
    check_may_run(writer.actor, owner)
    if owner:
        check_central(owner, pointer="/organisation_id")
    state = state_of(opens_on, closes_on, writer.now)
    deadline = Deadline(new_id(), year, kind, hours_year, organisation_id, opens_on, closes_on, confirmed, note, state)
    await _check_fits(writer, deadline)
    await insert_row(
        writer.connection,
        deadlines,
        id=deadline.id,
        year=year,
        kind=kind,
        hours_year=hours_year,
        organisation_id=organisation_id,
        opens_on=opens_on,
        closes_on=closes_on,
        confirmed=confirmed,
        note=note,
        created_at=writer.now,
    )
    writer.record(
        "deadline.made",
        deadline.id,
        organisation_id=organisation_id,
        kind=kind,
        year=year,
        hours_year=hours_year,
        opens_on=opens_on,
        closes_on=closes_on,
        confirmed=confirmed,
    )
    return deadline


async def change_deadline(writer: Writer, deadline_id: UUID, changes: DeadlineChanges, expected: Versions) -> Deadline:
    deadline = await _permit(writer, deadline_id, expected)
    changed = replace(deadline, **changes)
    changed = replace(changed, state=state_of(changed.opens_on, changed.closes_on, writer.now))
    check_deadline(changed.kind, changed.hours_year, changed.organisation_id, changed.opens_on, changed.closes_on)
    await _check_fits(writer, changed)
    if changes:
        await change_row(writer.connection, deadlines, deadline_id, **changes)
        # What a note says may be of people: of it only that it was changed is told.
        told: dict[str, Any] = {name: value for name, value in changes.items() if name != "note"}
        writer.record(
            "deadline.changed",
            deadline_id,
            organisation_id=deadline.organisation_id,
            note_changed="note" in changes,
            **told,
        )
    return changed


async def remove_deadline(writer: Writer, deadline_id: UUID, expected: Versions) -> None:
    """Its extensions go with it."""
    deadline = await _permit(writer, deadline_id, expected)
    for extension in await list_extensions_of(writer.connection, deadline_id):
        writer.record(
            "deadline-extension.removed",
            extension.id,
            organisation_id=extension.organisation_id,
            deadline_id=deadline_id,
            closes_on=extension.closes_on,
        )
    await remove(writer.connection, deadline_id)
    writer.record(
        "deadline.removed",
        deadline_id,
        organisation_id=deadline.organisation_id,
        kind=deadline.kind,
        year=deadline.year,
        hours_year=deadline.hours_year,
        opens_on=deadline.opens_on,
        closes_on=deadline.closes_on,
    )


async def get_deadline(reader: Reader, deadline_id: UUID) -> Deadline:
    return await questions.get_deadline(reader, deadline_id)


async def list_deadlines(
    reader: Reader,
    page: PageRequest,
    *,
    year: int,
    kind: Kind | None,
    hours_year: int | None,
    organisation_id: UUID | None,
    under: UUID | None,
    state: State | None,
) -> Slice[Deadline]:
    return await page_of_year(
        reader,
        page,
        year,
        state=state,
        kind=kind,
        hours_year=hours_year,
        organisation_id=organisation_id,
        under=under,
    )


async def _find_owner(session: Reader, organisation_id: UUID | None) -> Place | None:
    return await find_place(session.connection, organisation_id) if organisation_id else None


async def _permit(writer: Writer, deadline_id: UUID, expected: Versions) -> Deadline:
    """The deadline, if the caller may change it, in the version that the caller saw."""
    await lock_calendars(writer.connection)
    deadline = await get_deadline(writer, deadline_id)
    check_may_run(writer.actor, await _find_owner(writer, deadline.organisation_id))
    check_version(deadline, expected)
    return deadline


async def _check_fits(writer: Writer, deadline: Deadline) -> None:
    """Within the round, where it is a centre's own, and apart from its like."""
    if deadline.organisation_id:
        standing = await get_standing(writer, deadline.organisation_id, deadline.hours_year, "proposal_round")
        check_within_round(deadline.closes_on, standing.windows)
    await check_apart(
        writer.connection,
        deadline.id,
        kind=deadline.kind,
        hours_year=deadline.hours_year,
        organisation_id=deadline.organisation_id,
        opens_on=deadline.opens_on,
        closes_on=deadline.closes_on,
    )
