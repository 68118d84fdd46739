"""Training strategies as they are now."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, SmallInteger, Text, Uuid, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from app.db.organisations.organisations import organisations
from app.db.paging import filters_of, given, in_tree
from app.db.resources import Resource
from app.db.statements import (
    Connection,
    Converted,
    Query,
    Selection,
    change_row,
    changed_at,
    insert_row,
    row_of,
    study_centre_table,
)
from app.domain.trainings.strategies import (
    AimedTarget,
    FigureMeasure,
    Measure,
    StrategyContent,
    StrategyTarget,
    TrainingStrategy,
    WordsMeasure,
)

training_strategies = study_centre_table(
    "training_strategies",
    Column("organisation_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer),
    Column("first_year", SmallInteger, nullable=False),
    Column("last_year", SmallInteger, nullable=False),
    Column("present_state", Text),
    Column("challenges", Text),
    Column("development", Text),
    Column("own_strategy", Text),
    Column("quality_process", Text),
    Column("targets", JSONB, nullable=False),
    Column("consultation_opened_at", DateTime(timezone=True)),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("adopted_at", DateTime(timezone=True)),
    Column("archived_at", DateTime(timezone=True)),
    changed_at(),
)
_strategies = training_strategies.c


def measure_from(stored: dict[str, Any]) -> Measure:
    return FigureMeasure(**stored) if stored["kind"] == "figure" else WordsMeasure(**stored)


def target_from(stored: dict[str, Any]) -> StrategyTarget:
    return StrategyTarget(**stored | {"id": UUID(stored["id"]), "measure": measure_from(stored["measure"])})


def targets_from(stored: Sequence[dict[str, Any]]) -> list[StrategyTarget]:
    return [target_from(each) for each in stored]


def aimed_targets_from(stored: Sequence[dict[str, Any]] | None) -> list[AimedTarget]:
    """What the hour proposals of a year show of these targets, none without a strategy."""
    targets = targets_from(stored or ())
    return [AimedTarget(target.id, target.text, target.measure, target.aim) for target in targets]


def json_of_targets(targets: Sequence[StrategyTarget]) -> list[dict[str, Any]]:
    return [asdict(target) | {"id": str(target.id)} for target in targets]


_strategy = Selection(
    TrainingStrategy,
    training_strategies,
    organisation_name=organisations.c.name,
    targets=Converted(_strategies.targets, targets_from),
)
_is_its_organisation = organisations.c.id == _strategies.organisation_id
# A draft is open to the tree from its consultation on (rulebook §3.8).
_is_open = or_(_strategies.state != "draft", _strategies.consultation_opened_at.is_not(None))

strategies = Resource(
    select(*_strategy.columns).join(organisations, _is_its_organisation),
    _strategy.build,
    training_strategies,
    seen=in_tree(_strategies.organisation_id, _is_open),
    filters=filters_of(training_strategies, "organisation_id", "under", "state", "changed_since"),
)
_of_state: Query[UUID] = Query(
    select(_strategies.id).where(
        given(_strategies.organisation_id, "organisation_id"), given(_strategies.state, "state")
    )
)
_ended: Query[UUID] = Query(
    update(training_strategies)
    .where(given(_strategies.organisation_id, "organisation_id"), _strategies.state == "in_force")
    .values(state="archived", archived_at=bindparam("p_now", type_=DateTime(timezone=True)))
    .returning(_strategies.id)
)


async def find_draft(connection: Connection, organisation_id: UUID) -> UUID | None:
    """The organisation's draft, if there is one."""
    return await _of_state.first(connection, p_organisation_id=organisation_id, p_state="draft")


async def insert_strategy(connection: Connection, strategy: TrainingStrategy) -> None:
    values = row_of(training_strategies, strategy) | {"targets": json_of_targets(strategy.targets)}
    await insert_row(connection, training_strategies, **values)


async def change_content(
    connection: Connection, strategy_id: UUID, content: StrategyContent, **columns: object
) -> None:
    values = vars(content) | {"targets": json_of_targets(content.targets)}
    await change_row(connection, training_strategies, strategy_id, **values, **columns)


async def archive_in_force(connection: Connection, organisation_id: UUID, now: datetime) -> UUID | None:
    """Archive the organisation's strategy in force, and return its ID if there was one."""
    return await _ended.first(connection, p_organisation_id=organisation_id, p_now=now)
