"""Charts of hours: get."""

from datetime import datetime
from uuid import UUID

from app.db.hours.charts import find_free_pool, list_moves, list_shares, list_years
from app.db.organisations.organisations import get_named_place
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Reader
from app.domain.access import Place, check_reach, check_staff_or_auditor
from app.domain.hours.charts import (
    Chart,
    Figures,
    HoursFlow,
    HoursOfYears,
    HoursTree,
    HoursUsage,
    first_account_of,
    first_node_of,
    months_of,
    pool_node_of,
    tree_of,
    years_of,
)
from app.services.hours.explanations import explain_account, explain_pool


async def get_organisation_chart(
    reader: Reader, organisation_id: UUID, chart: Chart, year: int, *, at: datetime | None
) -> Figures:
    named = await get_named_place(reader.connection, organisation_id)
    check_reach(reader.actor, named.place)
    return await _chart_of(reader, named.place, named.name, chart, year, at)


async def get_study_centre_chart(reader: Reader, chart: Chart, year: int, *, at: datetime | None) -> Figures:
    check_staff_or_auditor(reader.actor)
    centre = await get_study_centre(reader.connection)
    return await _chart_of(reader, None, centre.name, chart, year, at)


async def _chart_of(
    reader: Reader, place: Place | None, name: str, chart: Chart, year: int, at: datetime | None
) -> Figures:
    """`place` of None is the study centre."""
    asked = reader.connection, place, year, at
    match chart:
        case "tree":
            shares = await list_shares(*asked)
            if place is None:
                first = pool_node_of(name, await find_free_pool(reader.connection, year, at))
            else:
                first = first_node_of(place, name, shares)
            return HoursTree(name, year, at, first_account_of(place), *tree_of(first, shares))
        case "flow":
            if place is None:
                steps = (await explain_pool(reader, year, at=at)).steps
            else:
                steps = (await explain_account(reader, place.organisation_id, year, at=at)).steps
            return HoursFlow(name, year, at, steps)
        case "years":
            return HoursOfYears(name, year, at, years_of(year, await list_years(*asked)))
        case "usage":
            return HoursUsage(name, year, at, months_of(year, await list_moves(*asked)))
