"""`/v1/hour-pools`."""

from fastapi import APIRouter

from app.api.answers import refusing
from app.api.operations import KEY_REQUIRED, Operation
from app.api.paging import Page, Paging
from app.api.shapes import AnyHours, Body, YearPath
from app.db.paging import Slice
from app.db.sessions import Reader, Writer
from app.domain.hours.pools import HourPool, YearState
from app.domain.versions import Versions
from app.services.hours import pools

router = APIRouter(prefix="/hour-pools", route_class=Operation, tags=["Hour pools"])


class HourPoolIn(Body):
    hours: AnyHours
    """What the study centre may grant in the year; never below what organisations hold."""


@router.put("/{year}", response_model=HourPool, responses=refusing("pool-exceeded", "year-closed", "already-exists"))
async def set_pool(writer: Writer, year: YearPath, body: HourPoolIn, expected: Versions) -> HourPool:
    """Set what the study centre may grant in the year (staff)."""
    return await pools.set_pool(writer, year, hours=body.hours, expected=expected)


@router.get("", response_model=Page[HourPool], responses=refusing("forbidden"))
async def list_pools(reader: Reader, page: Paging, state: YearState | None = None) -> Slice[HourPool]:
    """The pools that are set, newest year first (staff, auditor)."""
    return await pools.list_pools(reader, page, state=state)


@router.get("/{year}", response_model=HourPool, responses=refusing("forbidden"))
async def get_pool(reader: Reader, year: YearPath) -> HourPool:
    """What of the year's hours has been granted, came back and is free; zeros where none is set (staff, auditor)."""
    return await pools.get_pool(reader, year)


@router.post(
    "/{year}/closing",
    response_model=HourPool,
    openapi_extra=KEY_REQUIRED,
    responses=refusing("wrong-state", "year-closed"),
)
async def close_pool(writer: Writer, year: YearPath) -> HourPool:
    """Close the year, once its statements are over and nothing is reserved: what is free lapses (staff)."""
    return await pools.close_pool(writer, year)
