"""`/v1/calendars/{year}/deadlines` and `/v1/deadlines`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, Read, Remove, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Day, Flag, Several, Text, Year, YearPath, Years
from app.db.paging import Slice
from app.domain.calendar.deadlines import Deadline, Kind, State
from app.services.calendar import deadlines

router = APIRouter(route_class=Operation, tags=["Calendar"])


class DeadlineIn(Body):
    kind: Kind
    hours_year: Year | None = None
    """Year of the hours concerned. The default is the usual year for the kind."""
    organisation_id: UUID | None = None
    """ID of the central organisation that sets its own days for its units. `null` except for `unit_proposals`."""
    opens_on: Day | None = None
    """First day. `null` if the deadline is open until `closes_on`."""
    closes_on: Day | None = None
    """Last day. `null` if the deadline is open from `opens_on` on."""
    confirmed: Flag = True
    """Whether the deadline is confirmed. Unconfirmed deadlines are visible but have no effect."""
    note: Text | None = None


class DeadlinePatch(Body):
    hours_year: Year = UNSAID
    """Year of the hours concerned."""
    opens_on: Day | None = None
    closes_on: Day | None = None
    confirmed: Flag = UNSAID
    note: Text | None = None


@router.post(
    "/calendars/{year}/deadlines",
    status_code=201,
    response_model=Deadline,
    responses=refusing("not-found", "not-central", "deadline-overlap"),
)
@operation(scope="calendar:write")
async def make_deadline(writer: Write, year: YearPath, body: DeadlineIn) -> Created:
    """Create a deadline.

    **Who:** staff; for a central organisation's own days for its units, its main users.
    """
    deadline = await deadlines.make_deadline(
        writer,
        year=year,
        kind=body.kind,
        hours_year=body.hours_year,
        organisation_id=body.organisation_id,
        opens_on=body.opens_on,
        closes_on=body.closes_on,
        confirmed=body.confirmed,
        note=body.note,
    )
    return Created(deadline, f"/v1/deadlines/{deadline.id}")


@router.get("/calendars/{year}/deadlines", response_model=Page[Deadline])
@operation(scope="calendar:read")
async def list_deadlines(
    reader: Read,
    page: Paging,
    year: YearPath,
    kind: Several[Kind] = None,
    hours_year: Years = None,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    state: Several[State] = None,
) -> Slice[Deadline]:
    """List the deadlines of a calendar.

    The newest come first. Other central organisations' own days for their units are left out.

    **Who:** everyone who has registered.
    """
    return await deadlines.list_deadlines(
        reader,
        page,
        year=year,
        kind=kind,
        hours_year=hours_year,
        organisation_id=organisation_id,
        under=under,
        state=state,
    )


@router.get("/deadlines/{deadline_id}")
@operation(scope="calendar:read")
async def get_deadline(reader: Read, deadline_id: UUID) -> Deadline:
    """Get a deadline.

    **Who:** everyone who has registered; for an organisation's own days, everyone with a role in its tree.
    """
    return await deadlines.get_deadline(reader, deadline_id)


@router.patch("/deadlines/{deadline_id}", responses=refusing("deadline-overlap"))
@operation(scope="calendar:write")
async def change_deadline(writer: Edit, deadline_id: UUID, body: DeadlinePatch) -> Deadline:
    """Change a deadline.

    Changes the days, the year of the hours, the confirmation or the note.

    **Who:** staff; for a central organisation's own days for its units, its main users.
    """
    return await deadlines.change_deadline(writer, deadline_id, body.given(), writer.expected)


@router.delete("/deadlines/{deadline_id}", status_code=204)
@operation(scope="calendar:write")
async def remove_deadline(writer: Remove, deadline_id: UUID) -> None:
    """Remove a deadline and its extensions.

    **Who:** staff; for a central organisation's own days for its units, its main users.
    """
    await deadlines.remove_deadline(writer, deadline_id, writer.expected)
