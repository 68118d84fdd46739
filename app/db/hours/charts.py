"""The hours of training courses that charts show, of an organisation or of the study centre, at any time."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    SmallInteger,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db.hours.balances import Balances
from app.db.hours.ledger import hour_transfers
from app.db.hours.pools import find_pool
from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.paging import below, given
from app.db.statements import Connection, Query, Selection
from app.domain.access import Place
from app.domain.hours.charts import MOST_UNITS, YEARS, Holder, MonthsMoves, SeveralHolders, Shares, YearOfHours

_id = bindparam("p_organisation_id", type_=Uuid)
_central_id = bindparam("p_central_id", type_=Uuid)
_year = bindparam("p_year", type_=SmallInteger)
_at = bindparam("p_at", type_=DateTime(timezone=True))
Conditions = Callable[[FromClause], list[ColumnElement[bool]]]


def _sum(column: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _of_year(table: FromClause) -> list[ColumnElement[bool]]:
    return [table.c.year == _year, table.c.hour_type == "training"]


def _of_years(table: FromClause) -> list[ColumnElement[bool]]:
    return [table.c.year > _year - YEARS, table.c.year <= _year, table.c.hour_type == "training"]


def _in_tree(chosen: Conditions) -> Conditions:
    return lambda table: [table.c.central_organisation_id == _central_id, *chosen(table)]


def _with_most(own: FromClause) -> Query[tuple[Holder, SeveralHolders]]:
    """The organisation itself and others with most hours; with each the sums of all others."""
    allotted = own.c.available + own.c.reserved + own.c.used + own.c.lapsed
    held = {name: own.c[name] for name in ("reserved", "used", "lapsed", "available")} | {"allotted": allotted}
    is_other = and_(allotted > 0, or_(_id.is_(None), own.c.organisation_id != _id))
    sums = (
        select(*(_sum(hours).label(name) for name, hours in held.items()), func.count().label("organisations"))
        .where(is_other)
        .cte("sums")
        .prefix_with("MATERIALIZED")  # The planner would compute them again for each row.
    )
    most = (
        select(own, allotted.label("allotted"))
        .where(or_(is_other, own.c.organisation_id == _id))
        .order_by(is_other, allotted.desc(), own.c.organisation_id)
        .limit(MOST_UNITS + 1)
        .subquery("most")
    )
    above = (
        select(
            func.array_agg(aggregate_order_by(organisation_ancestors.c.ancestor_id, organisation_ancestors.c.distance))
        )
        .where(
            organisation_ancestors.c.organisation_id == most.c.organisation_id, organisation_ancestors.c.distance > 0
        )
        .scalar_subquery()
    )
    holder = Selection(Holder, most, name=organisations.c.name, above=func.coalesce(above, []))
    total = Selection(SeveralHolders, sums)
    width = len(holder.columns)
    return Query(
        select(*holder.columns, *total.columns)
        .select_from(most)
        .join(organisations, organisations.c.id == most.c.organisation_id)
        .join(sums, true())
        .order_by(most.c.allotted.desc(), most.c.organisation_id),
        lambda *row: (holder.build(*row[:width]), total.build(*row[width:])),
    )


def _holders(balances: FromClause, *conditions: ColumnElement[bool]) -> Query[tuple[Holder, SeveralHolders]]:
    """The hours of every unit, and those of the centre, which has in `lapsed` also those of its units."""
    return _with_most(
        select(
            balances.c.organisation_id,
            balances.c.reserved,
            balances.c.used,
            (balances.c.lapsed + balances.c.allotment_lapsed).label("lapsed"),
            (balances.c.common + balances.c.allotment).label("available"),
        )
        .where(*conditions)
        .subquery("own")
    )


def _units(balances: FromClause) -> Query[tuple[Holder, SeveralHolders]]:
    """Those of a unit and the units below it."""
    return _holders(balances, below(balances.c.organisation_id, _id))


def _centrals(balances: FromClause) -> Query[tuple[Holder, SeveralHolders]]:
    """The hours of each central organisation's complete tree."""
    return _with_most(
        select(
            balances.c.central_organisation_id.label("organisation_id"),
            *(_sum(balances.c[name]).label(name) for name in ("reserved", "used", "lapsed")),
            _sum(balances.c.common + balances.c.allotment).label("available"),
        )
        .group_by(balances.c.central_organisation_id)
        .cte("own")
    )


def _years(balances: FromClause, lapsed: str, *conditions: ColumnElement[bool]) -> Query[YearOfHours]:
    free = balances.c.common + balances.c.allotment
    return Query(
        select(
            *Selection(
                YearOfHours,
                year=balances.c.year,
                granted=_sum(free + balances.c.reserved + balances.c.used + balances.c.returned + balances.c[lapsed]),
                used=_sum(balances.c.used),
                returned=_sum(balances.c.returned),
                lapsed=_sum(balances.c[lapsed]),
            ).columns
        )
        .where(*conditions)
        .group_by(balances.c.year),
        YearOfHours,
    )


def _of_all(balances: FromClause) -> Query[YearOfHours]:
    return _years(balances, "lapsed")


def _of_unit(balances: FromClause) -> Query[YearOfHours]:
    return _years(balances, "allotment_lapsed", balances.c.organisation_id == _id)


def _added_to(account: str) -> ColumnElement[int]:
    return _sum(
        case(
            (hour_transfers.c.to_account == account, hour_transfers.c.hours),
            (hour_transfers.c.from_account == account, -hour_transfers.c.hours),
        )
    )


def _moves(*conditions: ColumnElement[bool]) -> Query[MonthsMoves]:
    month = cast(func.date_trunc("month", hour_transfers.c.made_at), Date)
    moved = Selection(MonthsMoves, month=month, reserved=_added_to("reserved"), used=_added_to("used"))
    return Query(
        select(*moved.columns)
        .where(
            given(hour_transfers.c.year, "year"),
            hour_transfers.c.hour_type == "training",
            or_(_at.is_(None), hour_transfers.c.made_at <= _at),
            *conditions,
        )
        .group_by(month)
        .order_by(month),
        MonthsMoves,
    )


_is_of_tree = hour_transfers.c.central_organisation_id == _central_id
_is_of_unit = or_(hour_transfers.c.from_organisation_id == _id, hour_transfers.c.to_organisation_id == _id)
_shares_of_tree, _shares_of_unit = Balances(_holders, _in_tree(_of_year)), Balances(_units, _in_tree(_of_year))
_shares_of_all = Balances(_centrals, _of_year)
_years_of_tree, _years_of_unit = Balances(_of_all, _in_tree(_of_years)), Balances(_of_unit, _in_tree(_of_years))
_years_of_all = Balances(_of_all, _of_years)
_moves_of_tree, _moves_of_unit, _moves_of_all = _moves(_is_of_tree), _moves(_is_of_tree, _is_of_unit), _moves()

_free_pool: Query[int] = Query(
    select(_added_to("pool")).where(
        given(hour_transfers.c.year, "year"), hour_transfers.c.hour_type == "training", hour_transfers.c.made_at <= _at
    )
)


async def find_free_pool(connection: Connection, year: int, at: datetime | None) -> int:
    """The hours of the pool that nobody had been granted, or has."""
    if at is None:
        return (await find_pool(connection, year)).available
    return await _free_pool.first(connection, p_year=year, p_at=at) or 0


async def list_shares(connection: Connection, place: Place | None, year: int, at: datetime | None) -> Shares:
    """The organisation with the units below it, or all central organisations if `place` is None."""
    shares = _shares_of_all if place is None else _shares_of_tree if place.is_central else _shares_of_unit
    return await shares.all(connection, at, p_year=year, **_named(place))


async def list_years(connection: Connection, place: Place | None, year: int, at: datetime | None) -> list[YearOfHours]:
    """The hours of a central organisation's tree, a unit or all, in the year and those before, if there are any."""
    years = _years_of_all if place is None else _years_of_tree if place.is_central else _years_of_unit
    return await years.all(connection, at, p_year=year, **_named(place))


async def list_moves(connection: Connection, place: Place | None, year: int, at: datetime | None) -> list[MonthsMoves]:
    """The same by months: those in which any hours moved."""
    moves = _moves_of_all if place is None else _moves_of_tree if place.is_central else _moves_of_unit
    return await moves.all(connection, p_year=year, p_at=at, **_named(place))


def _named(place: Place | None) -> dict[str, object]:
    if place is None:
        return {"p_organisation_id": None}
    return {"p_organisation_id": place.organisation_id, "p_central_id": place.central_organisation_id}
