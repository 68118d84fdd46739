"""Follow-ups of training strategies, one for each year."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Integer, SmallInteger, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import Listing, given, seen_by
from app.db.sessions import Reader
from app.db.statements import Connection, Converted, Query, Selection, put_row, row_of, study_centre_table
from app.db.trainings.strategies import measure_from, training_strategies
from app.domain.calendar.task_facts import OwnStrategy
from app.domain.trainings.strategy_follow_ups import FollowedTarget, StrategyFollowUp

training_strategy_follow_ups = study_centre_table(
    "training_strategy_follow_ups",
    Column("strategy_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("targets", JSONB, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
_follow_ups = training_strategy_follow_ups.c


def _target_from(stored: dict[str, Any]) -> FollowedTarget:
    target_id, measure = UUID(stored["target_id"]), measure_from(stored["measure"])
    return FollowedTarget(**stored | {"target_id": target_id, "measure": measure})


def _targets_from(stored: Sequence[dict[str, Any]]) -> list[FollowedTarget]:
    return [_target_from(each) for each in stored]


_follow_up = Selection(
    StrategyFollowUp, training_strategy_follow_ups, targets=Converted(_follow_ups.targets, _targets_from)
)
_stored = select(*_follow_up.columns)
_of_strategy = given(_follow_ups.strategy_id, "strategy_id")
_of_its_strategy = _follow_ups.strategy_id == training_strategies.c.id
_found = Query(_stored.where(_of_strategy, given(_follow_ups.year, "year")), _follow_up.build)
listing = Listing(_stored, _follow_up.build, key=[_follow_ups.year], filters={"strategy_id": _of_strategy})
"""The follow-ups of a strategy, the latest year first. Who may read the strategy is checked before."""

_followed_years = (
    select(func.array_agg(_follow_ups.year)).where(_of_its_strategy).correlate(training_strategies).scalar_subquery()
)
_own = Selection(
    OwnStrategy,
    training_strategies,
    followed_years=Converted(_followed_years, lambda years: frozenset(years or ())),
)
_in_force = Query(
    select(*_own.columns).where(
        training_strategies.c.organisation_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
        training_strategies.c.state == "in_force",
    ),
    _own.build,
)


async def list_in_force(connection: Connection, organisation_ids: Sequence[UUID]) -> list[OwnStrategy]:
    """The strategies in force of these organisations, for the tasks."""
    return await _in_force.all(connection, p_ids=list(organisation_ids))


async def find_follow_up(session: Reader, strategy_id: UUID, year: int) -> StrategyFollowUp | None:
    return await _found.first(session.connection, p_strategy_id=strategy_id, p_year=year, **seen_by(session))


async def put_follow_up(connection: Connection, follow_up: StrategyFollowUp) -> None:
    targets = [asdict(target) | {"target_id": str(target.target_id)} for target in follow_up.targets]
    values = row_of(training_strategy_follow_ups, follow_up) | {"targets": targets}
    await put_row(connection, training_strategy_follow_ups, **values)
