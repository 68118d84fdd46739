"""Hour pools: the study centre's own accounts of a year, and the facts that its closing needs."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import args_row
from sqlalchemy import case, func, select

from app.db.calendar.deadlines import deadlines
from app.db.calendar.extensions import deadline_extensions
from app.db.hours.ledger import hour_balances, hour_pools
from app.db.paging import Listing, any_given, given
from app.db.statements import Connection, Query, columns_of
from app.domain.hours.ledger import HourType
from app.domain.hours.pools import HourPool, pool_of


@dataclass(frozen=True)
class Balance:
    """What is left of a holder's hours in the year."""

    central_organisation_id: UUID
    organisation_id: UUID
    hour_type: HourType
    free: int
    reserved: int


_kept = select(
    hour_pools.c.year,
    hour_pools.c.hour_type,
    -hour_pools.c.state,
    hour_pools.c.pool,
    hour_pools.c.returned,
    hour_pools.c.closed_at,
)
_found = Query(_kept.where(given(hour_pools.c.year, "year"), given(hour_pools.c.hour_type, "hour_type")), pool_of)
_last_day: Query[date | None] = Query(
    select(func.max(func.greatest(deadlines.c.closes_on, deadline_extensions.c.closes_on)))
    .outerjoin(deadline_extensions, deadline_extensions.c.deadline_id == deadlines.c.id)
    .where(deadlines.c.kind == "cost_statement", given(deadlines.c.hours_year, "year"), deadlines.c.confirmed)
)
_balances = Query(
    select(*columns_of(Balance, hour_balances, free=hour_balances.c.common + hour_balances.c.allotment))
    .where(given(hour_balances.c.year, "year"))
    .order_by(hour_balances.c.organisation_id, hour_balances.c.hour_type),
    Balance,
)


async def find_pool(connection: Connection, year: int, hour_type: HourType = "training") -> HourPool:
    """The pool of the year, with zeros if none has been set."""
    found = await _found.first(connection, p_year=year, p_hour_type=hour_type)
    if found is not None:
        return found
    # The year is closed for all types, also for those that had no hours.
    closed_at = None if hour_type == "training" else (await find_pool(connection, year)).closed_at
    return pool_of(year, hour_type, 0, 0, 0, closed_at)


async def hold_pool(connection: Connection, year: int, hour_type: HourType = "training") -> HourPool:
    """Let nobody else take from the pool or close its year until the transaction ends: it can only grow by returns.

    If there was none, one with zeros is made.
    """
    return await _locked(connection, "hold_hour_pool", year, hour_type)


async def lock_pool(connection: Connection, year: int, hour_type: HourType = "training") -> HourPool:
    """As `hold_pool`, and let nobody return hours to it. Only for those who move no other hours, or they deadlock."""
    return await _locked(connection, "lock_hour_pool", year, hour_type)


async def lock_year(connection: Connection, year: int) -> HourPool:
    """As `hold_pool`, and let nobody else move any hours of the year, whatever their type. Waits for requests that are
    moving some."""
    return await _locked(connection, "lock_hour_year", year)


async def _locked(connection: Connection, function: str, year: int, *more: str) -> HourPool:
    arguments = ", ".join(["%s::smallint", *("%s" for _ in more)])
    statement = f"SELECT year, hour_type, -state, pool, returned, closed_at FROM {function}({arguments})"
    async with connection.cursor(row_factory=args_row(pool_of)) as cursor:
        await cursor.execute(statement, [year, *more])
        pool = await cursor.fetchone()
    if pool is None:
        raise RuntimeError(f"{function}() answers one row")
    return pool


async def find_last_day_of_statements(connection: Connection, year: int) -> date | None:
    """The last day of the year's cost statements, with the latest extension. None without a confirmed deadline."""
    return await _last_day.first(connection, p_year=year)


async def list_balances(connection: Connection, year: int) -> list[Balance]:
    """Those of all types."""
    return await _balances.all(connection, p_year=year)


async def close_year(connection: Connection, year: int, now: datetime) -> None:
    await connection.execute("SELECT close_hour_year(%s::smallint, %s)", [year, now])


listing = Listing(
    _kept,
    pool_of,
    key=[hour_pools.c.year],
    filters={
        "state": any_given(case((hour_pools.c.closed_at.is_(None), "open"), else_="closed"), "state"),
        "hour_type": given(hour_pools.c.hour_type, "hour_type"),
    },
)
