"""Balances of hours as they are, which are stored, or as they were, which follows from the transfers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, DateTime, FromClause, and_, bindparam, func, literal, or_, select, union_all

from app.db.hours.ledger import hour_balances, hour_transfers
from app.db.statements import Connection, Query

ACCOUNTS = ("common", "allotment", "reserved", "used", "lapsed")

# What lapses of a unit's allotment, where it lies free or, in a closed year, used.
_FROM_ALLOTMENTS = (
    and_(hour_transfers.c.kind == "lapse", hour_transfers.c.from_account == "allotment"),
    and_(
        hour_transfers.c.kind == "reversal",
        hour_transfers.c.to_account == "lapsed",
        hour_transfers.c.from_organisation_id != hour_transfers.c.to_organisation_id,
    ),
)
Row = TypeVar("Row")


class Balances(Generic[Row]):
    """What a query finds in balances, at any time."""

    def __init__(
        self,
        query_of: Callable[[FromClause], Query[Row]],
        conditions_of: Callable[[FromClause], Sequence[ColumnElement[bool]]],
    ) -> None:
        """`conditions_of` chooses the central organisations, the years and the type, in balances as in transfers."""
        self._stored = query_of(select(hour_balances).where(*conditions_of(hour_balances)).subquery("stored"))
        self._as_of = query_of(_recomputed(*conditions_of(hour_transfers)))

    async def all(self, connection: Connection, at: datetime | None, **parameters: object) -> list[Row]:
        """The rows of the present, or of an earlier time."""
        if at is None:
            return await self._stored.all(connection, **parameters)
        return await self._as_of.all(connection, **parameters, p_at=at)


def _recomputed(*conditions: ColumnElement[bool]) -> FromClause:
    """The balances that follow from the transfers until a time, which is included."""
    sides = [
        select(
            hour_transfers.c.central_organisation_id,
            hour_transfers.c.year,
            hour_transfers.c.hour_type,
            getattr(hour_transfers.c, f"{side}_organisation_id").label("organisation_id"),
            getattr(hour_transfers.c, f"{side}_account").label("account"),
            (hour_transfers.c.hours * sign).label("hours"),
            or_(
                and_(hour_transfers.c.kind == "return", literal(sign < 0)),
                and_(hour_transfers.c.kind == "return_cancellation", literal(sign > 0)),
            ).label("is_return"),
            and_(or_(*_FROM_ALLOTMENTS), literal(sign < 0)).label("is_allotment_lapse"),
        ).where(
            *conditions,
            hour_transfers.c.made_at <= bindparam("p_at", type_=DateTime(timezone=True)),
            getattr(hour_transfers.c, f"{side}_organisation_id").is_not(None),
        )
        for side, sign in (("to", 1), ("from", -1))
    ]
    moves = union_all(*sides).subquery("moves")

    def total(of: Any) -> Any:
        return func.coalesce(func.sum(moves.c.hours).filter(of), 0)

    holder = (moves.c.central_organisation_id, moves.c.year, moves.c.hour_type, moves.c.organisation_id)
    return (
        select(
            *holder,
            *(total(moves.c.account == account).label(account) for account in ACCOUNTS),
            (-total(moves.c.is_return)).label("returned"),
            (-total(moves.c.is_allotment_lapse)).label("allotment_lapsed"),
        )
        .group_by(*holder)
        .cte("recomputed")
    )
