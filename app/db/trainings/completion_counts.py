"""Counts of completions."""

from uuid import UUID

from sqlalchemy import Integer, func, select

from app.db.paging import given
from app.db.statements import Connection, Query
from app.db.trainings.completions import completions
from app.db.trainings.tables import trainings

_passed = Query(
    select(func.count(type_=Integer))
    .select_from(completions.join(trainings, trainings.c.id == completions.c.training_id))
    .where(
        given(trainings.c.central_organisation_id, "central_id"),
        given(trainings.c.year, "year"),
        completions.c.state == "in_force",
        completions.c.outcome == "passed",
    ),
    int,
)


async def count_passed(connection: Connection, central_id: UUID, year: int) -> int:
    """The passed completions in force of the year's courses of the central organisation's tree."""
    return await _passed.first(connection, p_central_id=central_id, p_year=year) or 0
