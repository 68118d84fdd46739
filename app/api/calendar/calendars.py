"""`/v1/calendars`."""

from fastapi import APIRouter

from app.api.conventions import Read, Write
from app.api.operations import Operation
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Year, YearPath
from app.domain.calendar.years import Calendar
from app.services.calendar import calendars

router = APIRouter(prefix="/calendars", route_class=Operation, tags=["Calendar"])


class CopyIn(Body):
    from_year: Year
    """The year whose calendar is copied."""


@router.get("/{year}")
@operation(scope="calendar:read")
async def get_calendar(reader: Read, year: YearPath) -> Calendar:
    """The yearly calendar, as the year goes; empty where there is none (everybody).

    Other organisations' own days for their units are left out.
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
    """Make the year's calendar after another's, every deadline to be confirmed (staff).

    The same days and months; a Saturday, a Sunday or a public holiday of Finland moves to the next working day.
    Extensions and organisations' own days are not copied.
    """
    return Created(await calendars.copy_calendar(writer, year, from_year=body.from_year), f"/v1/calendars/{year}")
