"""Revisions of training strategies: each adoption and later change, complete and unchanged."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import Listing, given, seen_by
from app.db.sessions import Reader, Writer
from app.db.statements import Query, insert_row, name_of, study_centre_table
from app.db.trainings.strategies import json_of_targets, targets_from
from app.domain.trainings.strategies import StrategyContent, StrategyRevision, content_of

training_strategy_revisions = study_centre_table(
    "training_strategy_revisions",
    Column("strategy_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("content", JSONB, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
_revisions = training_strategy_revisions.c


def _build(
    strategy_id: UUID, number: int, content: dict[str, Any], made_by: UUID, made_by_name: str | None, made_at: Any
) -> StrategyRevision:
    return StrategyRevision(
        strategy_id=strategy_id,
        number=number,
        **content | {"targets": targets_from(content["targets"])},
        made_by=made_by,
        made_by_name=made_by_name,
        made_at=made_at,
    )


_made_by_name = name_of(_revisions.made_by).label("made_by_name")
_stored = select(
    _revisions.strategy_id, _revisions.number, _revisions.content, _revisions.made_by, _made_by_name, _revisions.made_at
)
_of_strategy = given(_revisions.strategy_id, "strategy_id")
_found = Query(_stored.where(_of_strategy, given(_revisions.number, "number")), _build)
listing = Listing(_stored, _build, key=[_revisions.number], filters={"strategy_id": _of_strategy})
"""The revisions of a strategy. Who may read the strategy is checked before."""


async def insert_revision(writer: Writer, strategy_id: UUID, number: int, content: StrategyContent) -> None:
    """Keep the content. The strategy is locked, so that no other revision gets the number."""
    stored = vars(content_of(content)) | {"targets": json_of_targets(content.targets)}
    await insert_row(
        writer.connection,
        training_strategy_revisions,
        strategy_id=strategy_id,
        number=number,
        content=stored,
        made_by=writer.actor.person_id,
        made_at=writer.now,
    )


async def find_revision(session: Reader, strategy_id: UUID, number: int) -> StrategyRevision | None:
    return await _found.first(session.connection, p_strategy_id=strategy_id, p_number=number, **seen_by(session))
