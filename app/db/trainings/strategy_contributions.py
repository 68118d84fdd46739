"""Contributions to training strategies."""

from sqlalchemy import Column, DateTime, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import given
from app.db.resources import Resource
from app.db.statements import columns_of, study_centre_table
from app.domain.trainings.strategies import StrategyContribution

training_strategy_contributions = study_centre_table(
    "training_strategy_contributions",
    Column("strategy_id", Uuid, nullable=False),
    Column("section", Text),
    Column("text", Text, nullable=False),
    Column("took_part", JSONB, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
contributions = Resource(
    select(*columns_of(StrategyContribution, training_strategy_contributions)),
    StrategyContribution,
    training_strategy_contributions,
    filters={"strategy_id": given(training_strategy_contributions.c.strategy_id, "strategy_id")},
)
"""Who may read the strategy is checked before."""
