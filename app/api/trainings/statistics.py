"""`/v1/statistics`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.api.conventions import Read
from app.api.operations import Operation, Tag
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import IN_DIGITS
from app.domain.trainings.statistics import (
    By,
    CostsStatistic,
    CoursesStatistic,
    ForecastStatistic,
    HoursStatistic,
    ParticipantsStatistic,
    UsageStatistic,
    Wanted,
    rows_of,
)
from app.domain.trainings.support_rules import Activity
from app.services.trainings import statistics

router = APIRouter(
    prefix="/statistics",
    route_class=Operation,
    tags=[
        Tag(
            "Statistics",
            "Figures of training courses and peer study groups: of an organisation, of a tree, or of the study centre. "
            "A course in them is either of the two, and `hour_type` chooses one. "
            "The last row of a CSV of statistics is the total, with the key `total`.",
        )
    ],
)
YearOfFigures = Annotated[int, Query(ge=2000, le=2100, description="Calendar year of the courses."), IN_DIGITS]
OrganisationOfFigures = Annotated[UUID | None, Query(description="Only courses of this organisation itself.")]
TopOfFigures = Annotated[
    UUID | None,
    Query(description="Only courses of this organisation and everything below it."),
]
TypeOfFigures = Annotated[Activity | None, Query(description="Only courses that use hours of this type.")]


async def wanted_of(
    year: YearOfFigures,
    organisation_id: OrganisationOfFigures = None,
    under: TopOfFigures = None,
    by: Annotated[By | None, Query(description="Grouping of the rows. Without it there are no rows.")] = None,
    hour_type: TypeOfFigures = None,
    supported: Annotated[bool | None, Query(description="Only subsidised courses, or only others.")] = None,
    model_id: Annotated[UUID | None, Query(description="Only courses of this training model.")] = None,
) -> Wanted:
    return Wanted(year, organisation_id, under, by, hour_type, supported, model_id)


async def forecast_wanted_of(
    year: YearOfFigures,
    organisation_id: OrganisationOfFigures = None,
    under: TopOfFigures = None,
    hour_type: TypeOfFigures = None,
) -> Wanted:
    return Wanted(year, organisation_id, under, None, hour_type, None, None)


Figures = Annotated[Wanted, Depends(wanted_of)]
REFUSED = refusing("not-found", "forbidden")


@router.get("/hours", responses=REFUSED)
@operation(scope="trainings:read", csv_rows=rows_of)
async def get_statistics_of_hours(reader: Read, wanted: Figures) -> HoursStatistic:
    """Get statistics of hours.

    Hours that are planned, reserved and used, by the organisation whose course it is. The total of a central
    organisation and of the study centre also has the hours granted, returned, lapsed and free.

    **Who:** everyone with a role, within their reach; staff and auditors for the complete study centre.
    """
    return await statistics.get_hours(reader, wanted)


@router.get("/trainings", responses=REFUSED)
@operation(scope="trainings:read", csv_rows=rows_of)
async def get_statistics_of_trainings(reader: Read, wanted: Figures) -> CoursesStatistic:
    """Get statistics of training courses.

    Numbers of courses. A course counts in the month, mode and municipality of its first session.

    **Who:** everyone with a role, within their reach; staff and auditors for the complete study centre.
    """
    return await statistics.get_courses(reader, wanted)


@router.get("/participants", responses=REFUSED)
@operation(scope="trainings:read", csv_rows=rows_of)
async def get_statistics_of_participants(reader: Read, wanted: Figures) -> ParticipantsStatistic:
    """Get statistics of participants.

    Participants of approved cost statements. A count of one to four people is hidden, with others from which it could
    be found out, and `hidden` names them. In a CSV spaces separate the names.

    **Who:** everyone with a role, within their reach; staff and auditors for the complete study centre.
    """
    return await statistics.get_participants(reader, wanted)


@router.get("/costs", responses=REFUSED)
@operation(scope="trainings:read", csv_rows=rows_of)
async def get_statistics_of_costs(reader: Read, wanted: Figures) -> CostsStatistic:
    """Get statistics of costs.

    Costs and support of approved cost statements.

    **Who:** everyone with a role, within their reach; staff and auditors for the complete study centre.
    """
    return await statistics.get_costs(reader, wanted)


@router.get("/usage", responses=REFUSED)
@operation(scope="trainings:read", csv_rows=rows_of)
async def get_statistics_of_usage(reader: Read, wanted: Figures) -> UsageStatistic:
    """Get statistics of the use of hours.

    Hours reserved and used, beside those granted and those of the year before.

    **Who:** everyone with a role, within their reach; staff and auditors for the complete study centre.
    """
    return await statistics.get_usage(reader, wanted)


@router.get("/forecast", responses=REFUSED)
@operation(scope="trainings:read")
async def get_statistics_forecast(
    reader: Read, wanted: Annotated[Wanted, Depends(forecast_wanted_of)]
) -> ForecastStatistic:
    """Get a forecast of hours.

    The day on which the hours of a central organisation or the study centre will have been taken, if they go on as
    from 1 January to today.

    **Who:** everyone with a role, within their reach; staff and auditors for the complete study centre.
    """
    return await statistics.get_forecast(reader, wanted)
