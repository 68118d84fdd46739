"""`/v1/hour-pools`."""

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Replace, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import AnyHours, Body, Several, YearPath
from app.db.paging import Slice
from app.domain.hours.pools import HourPool, YearClosing, YearState
from app.services.hours import pools

router = APIRouter(
    prefix="/hour-pools",
    route_class=Operation,
    tags=[Tag("Hour pools", "The hours that the study centre may grant for a year, and the closing of the year.")],
)


class HourPoolIn(Body):
    hours: AnyHours
    """Hours that the study centre may grant in the year. Not fewer than those granted and not returned."""


@router.put("/{year}", responses=refusing("pool-exceeded", "year-closed", "already-exists"))
@operation(scope="hours:write")
async def set_hour_pool(writer: Replace, year: YearPath, body: HourPoolIn) -> HourPool:
    """Set the hour pool.

    Sets the hours that the study centre may grant in the year.

    **Who:** staff.
    """
    return await pools.set_pool(writer, year, hours=body.hours, expected=writer.expected)


@router.get("", response_model=Page[HourPool], responses=refusing("forbidden"))
@operation(scope="hours:read")
async def list_hour_pools(reader: Read, page: Paging, state: Several[YearState] = None) -> Slice[HourPool]:
    """List hour pools.

    The latest year comes first. Years without a pool are left out.

    **Who:** staff, auditors.
    """
    return await pools.list_pools(reader, page, state=state)


@router.get("/{year}", responses=refusing("forbidden"))
@operation(scope="hours:read")
async def get_hour_pool(reader: Read, year: YearPath) -> HourPool:
    """Get the hour pool.

    Shows the hours that have been granted, returned and are free. All are 0 if no pool has been set.

    **Who:** staff, auditors.
    """
    return await pools.get_pool(reader, year)


@router.post("/{year}/closing", responses=refusing("wrong-state", "year-closed"))
@operation(scope="hours:write")
async def close_hour_pool(writer: WriteOnce, year: YearPath, _: NoBody = None) -> YearClosing:
    """Close the year.

    Free hours lapse, and proposals and requests that are still open expire. The last day of the cost statements must
    have passed, and no hours may be reserved.

    **Who:** staff.
    """
    return await pools.close_pool(writer, year)
