"""`/v1/hour-pools`."""

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Replace, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import AnyHours, Body, OfType, Several, YearPath
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
async def set_hour_pool(writer: Replace, year: YearPath, body: HourPoolIn, hour_type: OfType = "training") -> HourPool:
    """Set the hour pool.

    Sets the hours that the study centre may grant in the year.

    **Who:** staff.
    """
    return await pools.set_pool(writer, year, hours=body.hours, hour_type=hour_type, expected=writer.expected)


@router.get("", response_model=Page[HourPool], responses=refusing("forbidden"))
@operation(scope="hours:read")
async def list_hour_pools(
    reader: Read, page: Paging, state: Several[YearState] = None, hour_type: OfType = "training"
) -> Slice[HourPool]:
    """List hour pools.

    The latest year comes first. Years without a pool are left out.

    **Who:** staff, auditors.
    """
    return await pools.list_pools(reader, page, state=state, hour_type=hour_type)


@router.get("/{year}", responses=refusing("forbidden"))
@operation(scope="hours:read")
async def get_hour_pool(reader: Read, year: YearPath, hour_type: OfType = "training") -> HourPool:
    """Get the hour pool.

    Shows the hours that have been granted, returned and are free. All are 0 if no pool has been set.

    **Who:** staff, auditors.
    """
    return await pools.get_pool(reader, year, hour_type=hour_type)


@router.post("/{year}/closing", responses=refusing("wrong-state", "year-closed"))
@operation(scope="hours:write")
async def close_hour_pool(writer: WriteOnce, year: YearPath, _: NoBody = None) -> YearClosing:
    """Close the year.

    Free hours of both types lapse, and proposals and requests that are still open expire. The last day of the cost
    statements must have passed, and no hours of either type may be reserved: `wrong-state` names what has reserved them
    in `trainings`, each with the `call` that settles it.

    **Who:** staff.
    """
    return await pools.close_pool(writer, year)
