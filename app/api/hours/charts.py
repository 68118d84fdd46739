"""`/v1/organisations/{id}/hour-charts` and `/v1/hour-charts`."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from app.api.conventions import Read
from app.api.hours.account_lists import OneYear
from app.api.hours.accounts import At
from app.api.operations import Operation
from app.api.pictures import Picture, PictureLanguage, drawing
from app.api.security import operation
from app.domain.hours.charts import Chart, Figures
from app.domain.organisations.organisations import Language
from app.pictures.charts import draw_chart
from app.services.hours import charts

router = APIRouter(route_class=Operation, tags=["Hour accounts"])

ChartPath = Annotated[
    Chart,
    Path(
        description="`tree`: hours by organisation. `flow`: how the free hours came to be. `years`: hours of the year "
        "and the four before. `usage`: hours reserved and used by the end of each month."
    ),
]


@router.get("/organisations/{organisation_id}/hour-charts/{chart}.svg", **drawing(Figures, "not-found"))
@operation(scope="hours:read", computed=True)
async def get_hour_chart(
    reader: Read, organisation_id: UUID, chart: ChartPath, year: OneYear, language: PictureLanguage, at: At = None
) -> Picture:
    """Get a chart of an organisation's hours.

    Returns a picture as SVG or, with `Accept: application/json`, what it shows. Charts of a central organisation count
    its complete tree, `years` and `usage` of a unit the unit alone.

    **Who:** everyone with a role, within their reach.
    """
    figures = await charts.get_organisation_chart(reader, organisation_id, chart, year, at=at)
    return _picture_of(figures, chart, language)


@router.get("/hour-charts/{chart}.svg", **drawing(Figures, "forbidden"))
@operation(scope="hours:read", computed=True)
async def get_study_centre_hour_chart(
    reader: Read, chart: ChartPath, year: OneYear, language: PictureLanguage, at: At = None
) -> Picture:
    """Get a chart of all hours.

    Returns a picture as SVG or, with `Accept: application/json`, what it shows: the hours of all central organisations
    and, in `tree` and `flow`, the free hours of the pool.

    **Who:** staff, auditors.
    """
    figures = await charts.get_study_centre_chart(reader, chart, year, at=at)
    return _picture_of(figures, chart, language)


def _picture_of(figures: Figures, chart: Chart, language: Language) -> Picture:
    return Picture(figures, partial(draw_chart, figures), f"hours-{chart}-{figures.year}", language)
