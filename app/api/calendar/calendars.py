"""`/v1/calendars`."""

from fastapi import APIRouter

from app.api.conventions import Read, Write
from app.api.operations import Operation, Tag
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Year, YearPath
from app.domain.calendar.years import Calendar
from app.services.calendar import calendars

router = APIRouter(
    prefix="/calendars",
    route_class=Operation,
    tags=[Tag("Calendar", "The yearly calendar (vuosikello): the deadlines that open and close everything below.")],
)


class CopyIn(Body):
    from_year: Year
    """Year of the calendar to copy."""


@router.get("/{year}")
@operation(scope="calendar:read")
async def get_calendar(reader: Read, year: YearPath) -> Calendar:
    """Get the yearly calendar.

    Lists the deadlines in the order of the year. The list is empty if the year has no calendar. Other central
    organisations' own days for their units are left out.

    **Who:** everyone who has registered.
    """
    return await calendars.get_calendar(reader, year)


@router.post(
    "/{year}/copy",
    status_code=201,
    response_model=Calendar,
    responses=refusing("not-found", "already-exists", "deadline-overlap"),
)
@operation(scope="calendar:write")
async def copy_calendar(writer: Write, year: YearPath, body: CopyIn) -> Created:
    """Copy a calendar from another year.

    Creates unconfirmed deadlines on the same days and months. A Saturday, a Sunday or a public holiday of Finland moves
    to the next working day. Extensions and organisations' own days are not copied.

    **Who:** staff.
    """
    return Created(await calendars.copy_calendar(writer, year, from_year=body.from_year), f"/v1/calendars/{year}")
