"""What reminders are made of, of a whole study centre at once: two questions, however many organisations it has."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ARRAY, Date, Integer, SmallInteger, Text, any_, bindparam, cast, func, or_, select

from app.db.calendar.deadlines import deadlines
from app.db.calendar.extensions import deadline_extensions
from app.db.calendar.tasks import window_of
from app.db.hours.ledger import hour_balances
from app.db.organisations.organisations import organisations
from app.db.statements import Connection, Query
from app.domain.calendar.deadlines import Kind
from app.domain.calendar.reminding import HoursInUse
from app.domain.calendar.task_facts import OwnWindow

_from, _until = bindparam("p_from", type_=Date), bindparam("p_until", type_=Date)
_extensions = select(func.max(deadline_extensions.c.closes_on)).where(
    deadline_extensions.c.deadline_id == deadlines.c.id
)
_near = Query(
    select(
        organisations.c.id,
        deadlines.c.id,
        deadlines.c.kind,
        deadlines.c.hours_year,
        deadlines.c.opens_on,
        deadlines.c.closes_on,
        _extensions.where(deadline_extensions.c.organisation_id == organisations.c.id)
        .correlate(deadlines, organisations)
        .scalar_subquery(),
    )
    .join(organisations, or_(deadlines.c.organisation_id.is_(None), deadlines.c.organisation_id == organisations.c.id))
    .where(
        deadlines.c.confirmed,
        deadlines.c.kind == any_(bindparam("p_kinds", type_=ARRAY(Text))),
        or_(
            deadlines.c.opens_on.between(_from, _until),
            deadlines.c.closes_on.between(_from, _until),
            _extensions.where(deadline_extensions.c.closes_on.between(_from, _until))
            .correlate(deadlines)
            .scalar_subquery()
            .is_not(None),
        ),
        organisations.c.kind == "central",
        # Hours of a year are only for who is a member in it (rulebook §6.1).
        func.extract("year", organisations.c.active_from) <= deadlines.c.hours_year,
        func.coalesce(func.extract("year", organisations.c.active_until), deadlines.c.hours_year)
        >= deadlines.c.hours_year,
    )
    .order_by(deadlines.c.id, organisations.c.id),
    window_of,
)

_in_use = hour_balances.c.reserved + hour_balances.c.used
_granted = cast(func.sum(hour_balances.c.common + hour_balances.c.allotment + _in_use), Integer)
_sum_in_use = cast(func.sum(_in_use), Integer)
_hours = Query(
    select(
        hour_balances.c.central_organisation_id.label("organisation_id"),
        hour_balances.c.year,
        _granted.label("granted"),
        _sum_in_use.label("in_use"),
    )
    .where(hour_balances.c.year == bindparam("p_year", type_=SmallInteger))
    .group_by(hour_balances.c.central_organisation_id, hour_balances.c.year)
    .having(_sum_in_use * 100 >= _granted * bindparam("p_percent", type_=Integer))
    .order_by(hour_balances.c.central_organisation_id),
    HoursInUse,
)


async def list_near(connection: Connection, kinds: Sequence[Kind], first: date, last: date) -> list[OwnWindow]:
    """Windows that open or close between the days, for each central organisation that is a member in their year."""
    return await _near.all(connection, p_kinds=list(kinds), p_from=first, p_until=last)


async def list_in_use(connection: Connection, year: int, percent: int) -> list[HoursInUse]:
    """Of the centres that have so much of the year's hours reserved or used."""
    return await _hours.all(connection, p_year=year, p_percent=percent)
