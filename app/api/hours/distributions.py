"""`/v1/organisations/{id}/hour-distribution/{year}`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Read, Replace
from app.api.operations import Operation, Tag
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import AnyHours, Body, YearPath
from app.domain.hours.distributions import Allotment, Distribution
from app.services.hours import distributions

router = APIRouter(
    prefix="/organisations/{organisation_id}/hour-distribution",
    route_class=Operation,
    tags=[
        Tag("Hour distribution", "How a central organisation divides its hours among its districts and associations.")
    ],
)
MOST_UNITS = 10_000


class AllotmentIn(Body):
    unit_id: UUID
    hours: AnyHours
    """Total allotment of the unit, including reserved and used hours."""


class DistributionIn(Body):
    units: Annotated[list[AllotmentIn], Field(max_length=MOST_UNITS)]
    """All units with an allotment. Units left out get 0 hours."""


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
async def put_hour_distribution(
    writer: Replace, organisation_id: UUID, year: YearPath, body: DistributionIn
) -> Distribution:
    """Set the hour distribution.

    Replaces the complete distribution. Units left out get 0 hours, and the service makes the transfers. `If-Match` is
    required if a distribution has been set before.

    **Who:** main users.
    """
    units = [Allotment(unit.unit_id, unit.hours) for unit in body.units]
    return await distributions.distribute(writer, organisation_id, year, units=units, expected=writer.expected)


@router.get("/{year}", responses=refusing("not-central"))
@operation(scope="hours:read")
async def get_hour_distribution(reader: Read, organisation_id: UUID, year: YearPath) -> Distribution:
    """Get the hour distribution.

    **Who:** everyone with a role, within their reach.
    """
    return await distributions.get_distribution(reader, organisation_id, year)
