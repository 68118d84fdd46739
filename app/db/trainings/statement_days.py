"""Days and phases of trainings that follow from the rules of the year, the calendar and the clock."""

from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, Text, and_, case, cast, func, literal, or_, select

from app.db.calendar.deadlines import deadlines
from app.db.calendar.extensions import extended_until
from app.db.organisations.organisations import organisations
from app.db.statements import NOW, TODAY
from app.db.trainings.support_rules import support_rules
from app.db.trainings.tables import cost_statements, trainings
from app.domain.trainings.cost_statements import SETTLED_STATES

RULES = (
    select(
        case((trainings.c.hour_type == "training", support_rules.c.training), else_=support_rules.c.peer_group).label(
            "numbers"
        )
    )
    .order_by(
        (support_rules.c.year <= trainings.c.year).desc(),
        case((support_rules.c.year <= trainings.c.year, -support_rules.c.year), else_=support_rules.c.year),
    )
    .limit(1)
    .correlate(trainings)
    .lateral("rules")
)
"""The rules in force for the training's year, to be joined with `true()`."""
STATEMENT = cost_statements.alias("statement")
"""The training's cost statement in force, to be joined with `IS_STATEMENT`."""
IS_STATEMENT = and_(STATEMENT.c.training_id == trainings.c.id, STATEMENT.c.state != "reversed")


def _number(name: str) -> ColumnElement[int]:
    return cast(RULES.c.numbers[name].astext, Integer)


PLAN_OPENS_ON: ColumnElement[Any] = cast(
    trainings.c.starts_on - func.make_interval(0, _number("earliest_months")), Date
)
PLAN_CLOSES_ON: ColumnElement[Any] = trainings.c.starts_on - _number("latest_days")
STATEMENT_LAST_ON: ColumnElement[Any] = (
    select(func.max(func.greatest(deadlines.c.closes_on, extended_until(organisations))))
    .where(
        deadlines.c.kind == "cost_statement",
        deadlines.c.hours_year == trainings.c.year,
        deadlines.c.confirmed,
        deadlines.c.organisation_id.is_(None),
    )
    .correlate(trainings, organisations)
    .scalar_subquery()
)
STATEMENT_DUE_ON: ColumnElement[Any] = case(
    (
        and_(trainings.c.supported, trainings.c.ends_on.is_not(None)),
        func.least(trainings.c.ends_on + _number("statement_days"), STATEMENT_LAST_ON),
    )
)
PHASE: ColumnElement[Any] = case(
    (trainings.c.state != "approved", None),
    (or_(trainings.c.starts_at.is_(None), trainings.c.starts_at > NOW), literal("upcoming")),
    (trainings.c.ends_at > NOW, literal("under_way")),
    (or_(~trainings.c.supported, *(STATEMENT.c.state == state for state in SETTLED_STATES)), literal("ended")),
    (STATEMENT_DUE_ON >= TODAY, literal("statement_due")),
    else_=literal("late"),
)
PHASE.type = Text()
