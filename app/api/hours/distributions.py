"""`/v1/organisations/{id}/hour-distribution/{year}`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Read, Replace
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import AnyHours, Body, YearPath
from app.domain.hours.distributions import Allotment, Distribution
from app.services.hours import distributions

router = APIRouter(
    prefix="/organisations/{organisation_id}/hour-distribution", route_class=Operation, tags=["Hour distribution"]
)
MOST_UNITS = 10_000


class AllotmentIn(Body):
    unit_id: UUID
    hours: AnyHours
    """The unit's whole allotment, with what is reserved or used of it."""


class DistributionIn(Body):
    units: Annotated[list[AllotmentIn], Field(max_length=MOST_UNITS)]
    """All units that are to have an allotment; those left out get 0."""


@router.put(
    "/{year}",
    responses=refusing(
        "precondition-required",
        "not-central",
        "year-closed",
        "not-a-member",
        "runs-no-trainings",
        "quota-exceeded",
        "allotment-in-use",
        "already-exists",
    ),
)
@operation(scope="hours:write")
async def distribute(writer: Replace, organisation_id: UUID, year: YearPath, body: DistributionIn) -> Distribution:
    """Say which units are to have which allotments, whole; the service makes the transfers (main user).

    `If-Match` is required once a distribution has been put.
    """
    units = [Allotment(unit.unit_id, unit.hours) for unit in body.units]
    return await distributions.distribute(writer, organisation_id, year, units=units, expected=writer.expected)


@router.get("/{year}", responses=refusing("not-central"))
@operation(scope="hours:read")
async def get_distribution(reader: Read, organisation_id: UUID, year: YearPath) -> Distribution:
    """The allotments in force."""
    return await distributions.get_distribution(reader, organisation_id, year)
