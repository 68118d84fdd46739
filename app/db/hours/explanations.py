"""Explanations of an account: its transfers by kind and cause."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    SmallInteger,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from app.db.hours.ledger import hour_transfers
from app.db.statements import Connection, Query
from app.domain.hours.explanations import MOST_CAUSES, FreeAccount, Moved
from app.domain.hours.ledger import HourType

_at = bindparam("p_at", type_=DateTime(timezone=True))
_holder_id = bindparam("p_holder_id", type_=Uuid)
_account = bindparam("p_account", type_=Text)


def _moved(adds: ColumnElement[bool], takes: ColumnElement[bool], *conditions: ColumnElement[bool]) -> Query[Moved]:
    """A row of each kind and cause, the newest causes of each kind first."""
    by_cause = (
        select(
            hour_transfers.c.kind,
            hour_transfers.c.cause_type,
            hour_transfers.c.cause_id,
            func.sum(case((adds, hour_transfers.c.hours), else_=-hour_transfers.c.hours)).label("hours"),
            func.max(hour_transfers.c.position).label("newest"),
        )
        .where(
            hour_transfers.c.year == bindparam("p_year", type_=SmallInteger),
            hour_transfers.c.hour_type == bindparam("p_hour_type", type_=Text),
            or_(_at.is_(None), hour_transfers.c.made_at <= _at),
            or_(adds, takes),
            *conditions,
        )
        .group_by(hour_transfers.c.kind, hour_transfers.c.cause_type, hour_transfers.c.cause_id)
        .subquery("by_cause")
    )
    kind = by_cause.c.kind
    ranked = select(
        kind,
        by_cause.c.cause_type,
        by_cause.c.cause_id,
        by_cause.c.hours,
        cast(func.sum(by_cause.c.hours).over(partition_by=kind), BigInteger).label("hours_of_kind"),
        func.count().over(partition_by=kind).label("causes_of_kind"),
        func.row_number().over(partition_by=kind, order_by=by_cause.c.newest.desc()).label("rank"),
    ).subquery("ranked")
    shown = [column for column in ranked.c if column.name != "rank"]
    return Query(select(*shown).where(ranked.c.rank <= MOST_CAUSES).order_by(ranked.c.kind, ranked.c.rank), Moved)


_of_holder = _moved(
    and_(hour_transfers.c.to_organisation_id == _holder_id, hour_transfers.c.to_account == _account),
    and_(hour_transfers.c.from_organisation_id == _holder_id, hour_transfers.c.from_account == _account),
    hour_transfers.c.central_organisation_id == bindparam("p_central_id", type_=Uuid),
)
# Written out, not a parameter: it is the condition of the index `hour_transfers_of_pool`.
_POOL: ColumnElement[str] = literal_column("'pool'")
_of_pool = _moved(hour_transfers.c.to_account == _POOL, hour_transfers.c.from_account == _POOL)


async def list_moved(
    connection: Connection,
    central_id: UUID,
    holder_id: UUID,
    account: FreeAccount,
    year: int,
    at: datetime | None,
    hour_type: HourType,
) -> list[Moved]:
    """What moved the hours of a holder's account under the central organisation, until a time, which is included."""
    return await _of_holder.all(
        connection,
        p_central_id=central_id,
        p_holder_id=holder_id,
        p_account=account,
        p_year=year,
        p_at=at,
        p_hour_type=hour_type,
    )


async def list_pool_moved(connection: Connection, year: int, at: datetime | None) -> list[Moved]:
    """The same of the pool of training courses."""
    return await _of_pool.all(connection, p_year=year, p_at=at, p_hour_type="training")
