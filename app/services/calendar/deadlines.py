"""Deadlines: make, change, remove, get and list."""

from dataclasses import replace
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from app.db.calendar.deadlines import deadline_resource, deadlines, find_overlapping, lock_calendars
from app.db.calendar.extensions import list_of_deadline
from app.db.hours.standing import get_standing
from app.db.identifiers import new_id
from app.db.organisations.organisations import find_place
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_value, remove_row
from app.domain.access import Place, check_reach
from app.domain.calendar.deadlines import (
    Deadline,
    Kind,
    check_deadline,
    check_in_calendar,
    check_may_edit,
    check_within_round,
    hours_year_of,
    state_of,
)
from app.domain.errors import DeadlineOverlap
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
    check_may_edit(writer.actor, owner)
    if owner:
        check_central(owner, pointer="/organisation_id")
    state = state_of(opens_on, closes_on, writer.now)
    deadline = Deadline(new_id(), year, kind, hours_year, organisation_id, opens_on, closes_on, confirmed, note, state)
    check_in_calendar(deadline, by_staff=writer.actor.has("staff"))
    await _check_within_round(writer, deadline)
    await add_deadline(writer, deadline)
    return deadline


async def add_deadline(writer: Writer, deadline: Deadline, **facts: Any) -> None:
    """Write a deadline that is checked but for its days, with more facts for the audit. Raise DeadlineOverlap."""
    await _check_no_overlap(writer, deadline)
    await insert_value(writer.connection, deadlines, deadline, created_at=writer.now)
    writer.record(
        "deadline.made",
        deadline.id,
        organisation_id=deadline.organisation_id,
        confirmed=deadline.confirmed,
        **_facts_of(deadline),
        **facts,
    )


async def change_deadline(writer: Writer, deadline_id: UUID, changes: DeadlineChanges, expected: Versions) -> Deadline:
    deadline = await _permit(writer, deadline_id, expected)
    changed = replace(deadline, **changes)
    changed = replace(changed, state=state_of(changed.opens_on, changed.closes_on, writer.now))
    check_deadline(changed.kind, changed.hours_year, changed.organisation_id, changed.opens_on, changed.closes_on)
    check_in_calendar(changed, by_staff=writer.actor.has("staff"))
    await _check_within_round(writer, changed)
    await _check_no_overlap(writer, changed)
    if changes:
        await change_row(writer.connection, deadlines, deadline_id, **changes)
        # A note may contain personal data, so the audit only says that it was changed.
        recorded: dict[str, Any] = {name: value for name, value in changes.items() if name != "note"}
        writer.record(
            "deadline.changed",
            deadline_id,
            organisation_id=deadline.organisation_id,
            note_changed="note" in changes,
            **recorded,
        )
    return changed


async def remove_deadline(writer: Writer, deadline_id: UUID, expected: Versions) -> None:
    """Remove the deadline and its extensions."""
    deadline = await _permit(writer, deadline_id, expected)
    for extension in await list_of_deadline(writer, deadline_id):
        writer.record(
            "deadline-extension.removed",
            extension.id,
            organisation_id=extension.organisation_id,
            deadline_id=deadline_id,
            closes_on=extension.closes_on,
        )
    await remove_row(writer.connection, deadlines, deadline_id)
    writer.record("deadline.removed", deadline_id, organisation_id=deadline.organisation_id, **_facts_of(deadline))


get_deadline = deadline_resource.get
list_deadlines = deadline_resource.page


async def _find_owner(session: Reader, organisation_id: UUID | None) -> Place | None:
    return await find_place(session.connection, organisation_id) if organisation_id else None


async def _permit(writer: Writer, deadline_id: UUID, expected: Versions) -> Deadline:
    """Return the deadline if the caller may change it and its version is the expected one."""
    await lock_calendars(writer.connection)
    deadline = await get_deadline(writer, deadline_id)
    check_may_edit(writer.actor, await _find_owner(writer, deadline.organisation_id))
    check_version(deadline, expected)
    return deadline


async def _check_within_round(writer: Writer, deadline: Deadline) -> None:
    """Check that the deadline ends within the round, if it is a centre's own."""
    if deadline.organisation_id:
        standing = await get_standing(writer, deadline.organisation_id, deadline.hours_year, "proposal_round")
        check_within_round(deadline.closes_on, standing.windows)


async def _check_no_overlap(writer: Writer, deadline: Deadline) -> None:
    """Raise DeadlineOverlap if another deadline of its kind has a day in common with it (rulebook §5.1)."""
    other_id = await find_overlapping(writer.connection, deadline)
    if other_id is not None:
        raise DeadlineOverlap(kind=deadline.kind, hours_year=deadline.hours_year, overlaps_with=other_id)


def _facts_of(deadline: Deadline) -> dict[str, Any]:
    names = ("kind", "year", "hours_year", "opens_on", "closes_on")
    return {name: getattr(deadline, name) for name in names}
