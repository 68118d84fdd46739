"""Windows: confirmed deadlines as they apply to organisations, with their extensions."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    null,
    or_,
    select,
)

from app.db.calendar.deadlines import deadlines
from app.db.calendar.extensions import deadline_extensions, extended_until
from app.db.organisations.organisations import organisations
from app.db.statements import Connection, Query, columns_of
from app.db.trainings.strategies import training_strategies
from app.db.trainings.strategy_follow_ups import training_strategy_follow_ups
from app.domain.calendar.deadlines import Kind
from app.domain.calendar.task_facts import OwnWindow

_from, _until = bindparam("p_from", type_=Date), bindparam("p_until", type_=Date)


def _columns(organisation_id: ColumnElement[Any], extended: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return columns_of(
        OwnWindow,
        deadlines,
        organisation_id=organisation_id,
        deadline_id=deadlines.c.id,
        extended_until=extended,
    )


_is_near = (
    deadlines.c.confirmed,
    func.coalesce(deadlines.c.closes_on, deadlines.c.opens_on) >= _from,
    func.coalesce(deadlines.c.opens_on, deadlines.c.closes_on) <= _until,
)
_own = organisations.alias("own")
_own_windows = Query(
    select(*_columns(_own.c.id, extended_until(_own)))
    .join(
        deadlines,
        or_(deadlines.c.organisation_id.is_(None), deadlines.c.organisation_id == _own.c.central_organisation_id),
    )
    .where(_own.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), *_is_near)
    .order_by(deadlines.c.opens_on, deadlines.c.id, _own.c.id),
    OwnWindow,
)
_is_awaited_decision = (
    deadlines.c.confirmed,
    deadlines.c.kind == "decision_period",
    deadlines.c.hours_year == any_(bindparam("p_decision_years", type_=ARRAY(SmallInteger))),
)
_windows_of_everyone = Query(
    select(*_columns(cast(null(), Uuid), cast(null(), Date)))
    .where(deadlines.c.organisation_id.is_(None), or_(and_(*_is_near), and_(*_is_awaited_decision)))
    .order_by(deadlines.c.opens_on, deadlines.c.id),
    OwnWindow,
)

_is_extension_near = (
    select(deadline_extensions.c.id)
    .where(deadline_extensions.c.deadline_id == deadlines.c.id, deadline_extensions.c.closes_on.between(_from, _until))
    .exists()
)
_has_unfollowed_strategy = (
    select(training_strategies.c.id)
    .where(
        training_strategies.c.organisation_id == organisations.c.id,
        training_strategies.c.state == "in_force",
        deadlines.c.hours_year.between(training_strategies.c.first_year, training_strategies.c.last_year),
        # After the membership strategies are only read.
        func.coalesce(organisations.c.active_until, _until) >= _from,
        ~select(training_strategy_follow_ups.c.year)
        .where(
            training_strategy_follow_ups.c.strategy_id == training_strategies.c.id,
            training_strategy_follow_ups.c.year == deadlines.c.hours_year,
        )
        .exists(),
    )
    .correlate(organisations, deadlines)
    .exists()
)
_turning = Query(
    select(*_columns(organisations.c.id, extended_until(organisations)))
    .join(
        organisations,
        or_(
            and_(deadlines.c.organisation_id.is_(None), organisations.c.kind == "central"),
            # Its own days are for its units too.
            deadlines.c.organisation_id == organisations.c.central_organisation_id,
        ),
    )
    .where(
        deadlines.c.confirmed,
        deadlines.c.kind == any_(bindparam("p_kinds", type_=ARRAY(Text))),
        or_(
            deadlines.c.opens_on.between(_from, _until),
            deadlines.c.closes_on.between(_from, _until),
            _is_extension_near,
        ),
        # Only members of a year have hours of the year (rulebook §6.1).
        func.extract("year", organisations.c.active_from) <= deadlines.c.hours_year,
        func.coalesce(func.extract("year", organisations.c.active_until), deadlines.c.hours_year)
        >= deadlines.c.hours_year,
        # A strategy is voluntary (rulebook §3.8).
        or_(deadlines.c.kind != "strategy_follow_up", _has_unfollowed_strategy),
    )
    .order_by(deadlines.c.id, organisations.c.id),
    OwnWindow,
)


async def list_own_windows(connection: Connection, ids: Sequence[UUID], first: date, last: date) -> list[OwnWindow]:
    """The windows of these organisations that have a day between the days."""
    return await _own_windows.all(connection, p_ids=list(ids), p_from=first, p_until=last)


async def list_windows_of_everyone(
    connection: Connection, first: date, last: date, *, decision_years: Sequence[int]
) -> list[OwnWindow]:
    """The deadlines of everyone that have a day between the days, for the staff, and all decision periods for the hours
    of the given years."""
    return await _windows_of_everyone.all(connection, p_from=first, p_until=last, p_decision_years=list(decision_years))


async def list_turning_windows(
    connection: Connection, kinds: Sequence[Kind], first: date, last: date
) -> list[OwnWindow]:
    """Windows that open or close between the days, for each central organisation that is a member in their year, of
    follow-ups for each whose training strategy in force has the year and has not been followed up. A
    central organisation's own days are also those of its units."""
    return await _turning.all(connection, p_kinds=list(kinds), p_from=first, p_until=last)
