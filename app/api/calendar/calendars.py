"""`/v1/calendars`."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.conventions import Read, Write
from app.api.operations import Operation, Tag
from app.api.pictures import Picture, PictureLanguage, drawing
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Year, YearPath
from app.domain.calendar.wheels import YearWheel
from app.domain.calendar.years import Calendar
from app.pictures.wheel import draw_wheel
from app.services.calendar import calendars, wheels

router = APIRouter(
    prefix="/calendars",
    route_class=Operation,
    tags=[Tag("Calendar", "The yearly calendar (vuosikello): the deadlines that open and close everything below.")],
)

WheelOf = Annotated[
    UUID | None, Query(description="ID of the organisation whose extensions and own days the wheel shows.")
]


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


@router.get("/{year}/wheel.svg", **drawing(YearWheel, "not-found"))
@operation(scope="calendar:read", computed=True)
async def get_calendar_wheel(
    reader: Read, year: YearPath, language: PictureLanguage, organisation_id: WheelOf = None
) -> Picture:
    """Get the yearly calendar as a wheel.

    Returns a picture as SVG or, with `Accept: application/json`, what it shows. With `organisation_id`, the wheel has
    the extensions of that organisation and its central organisation's own days for its units.

    **Who:** everyone who has registered.
    """
    wheel = await wheels.get_wheel(reader, year, organisation_id=organisation_id)
    return Picture(wheel, partial(draw_wheel, wheel), f"year-wheel-{year}", language)


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
