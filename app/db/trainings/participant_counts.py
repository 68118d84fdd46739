"""How many participants a training has, by its rows."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, func, select

from app.db.paging import given
from app.db.statements import Connection, Query
from app.db.trainings.tables import training_participants as rows
from app.domain.trainings.participants import ParticipantCounts

_number = func.count(type_=Integer)
_columns: list[Any] = [
    _number,
    _number.filter(rows.c.under_age),
    *(_number.filter(rows.c.gender == gender) for gender in ("female", "male", "other")),
]
_counts: Query[tuple[int, ParticipantCounts]] = Query(
    select(*_columns).where(given(rows.c.training_id, "training_id")),
    lambda every, under_age, *genders: (every, ParticipantCounts(every - under_age, under_age, *genders)),
)


async def counts_of_rows(connection: Connection, training_id: UUID) -> ParticipantCounts | None:
    """The numbers of the training's participants, anonymous ones too. None if it has no rows."""
    every, counts = await _counts.first(connection, p_training_id=training_id) or (0, None)
    return counts if every else None
