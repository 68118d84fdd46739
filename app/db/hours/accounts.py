"""Hour accounts: an organisation's place and the balances of its tree, in one statement."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    FromClause,
    SmallInteger,
    Uuid,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db.hours.ledger import hour_balances, hour_transfers
from app.db.organisations.organisations import organisations, place_at
from app.db.sessions import Reader
from app.db.statements import Converted, Query, Selection
from app.domain.access import is_within_reach
from app.domain.errors import NotFound
from app.domain.hours.accounts import Balance, Books

ACCOUNTS = ("common", "allotment", "reserved", "used", "lapsed")

_own = organisations.alias("own")
_central = organisations.alias("central")
_holder = organisations.alias("holder")
_id = bindparam("p_organisation_id", type_=Uuid)
_year = bindparam("p_year", type_=SmallInteger)
_central_id = select(organisations.c.central_organisation_id).where(organisations.c.id == _id).scalar_subquery()


def _balances_from(rows: list[list[Any]] | None) -> list[Balance]:
    return [Balance(UUID(holder), *rest) for holder, *rest in rows or []]


def _books(of_tree: FromClause) -> Query[Books]:
    """`of_tree` has the balances of the centre's tree in the year; of a unit's books only its own and the centre's."""
    balance = func.json_build_array(
        of_tree.c.organisation_id,
        _holder.c.name,
        _holder.c.central_organisation_id == _own.c.central_organisation_id,
        *(of_tree.c[account] for account in ACCOUNTS),
        of_tree.c.returned,
        of_tree.c.allotment_lapsed,
    )
    balances = (
        select(func.json_agg(aggregate_order_by(balance, _holder.c.sort_key, _holder.c.id)))
        .join_from(of_tree, _holder, _holder.c.id == of_tree.c.organisation_id)
        .where(
            or_(
                _own.c.id == _own.c.central_organisation_id,
                of_tree.c.organisation_id.in_([_own.c.id, _own.c.central_organisation_id]),
            )
        )
        .correlate(_own)
        .scalar_subquery()
    )
    books = Selection(
        Books,
        place=place_at(_own),
        year=_year,
        draws_on=_central.c.draws_on,
        balances=Converted(balances, _balances_from),
    )
    return Query(
        select(*books.columns).join(_central, _central.c.id == _own.c.central_organisation_id).where(_own.c.id == _id),
        books.build,
    )


def _recomputed() -> FromClause:
    """The balances that follow from the transfers until a time, which is included."""
    sides = [
        select(
            getattr(hour_transfers.c, f"{side}_organisation_id").label("organisation_id"),
            getattr(hour_transfers.c, f"{side}_account").label("account"),
            (hour_transfers.c.hours * sign).label("hours"),
            (and_(hour_transfers.c.kind == "return", literal(sign < 0))).label("is_return"),
            and_(
                hour_transfers.c.kind == "lapse", hour_transfers.c.from_account == "allotment", literal(sign < 0)
            ).label("is_allotment_lapse"),
        ).where(
            hour_transfers.c.central_organisation_id == _central_id,
            hour_transfers.c.year == _year,
            hour_transfers.c.made_at <= bindparam("p_at", type_=DateTime(timezone=True)),
            getattr(hour_transfers.c, f"{side}_organisation_id").is_not(None),
        )
        for side, sign in (("to", 1), ("from", -1))
    ]
    moves = union_all(*sides).subquery("moves")

    def total(of: Any) -> Any:
        return func.coalesce(func.sum(moves.c.hours).filter(of), 0)

    return (
        select(
            moves.c.organisation_id,
            *(total(moves.c.account == account).label(account) for account in ACCOUNTS),
            (-total(moves.c.is_return)).label("returned"),
            (-total(moves.c.is_allotment_lapse)).label("allotment_lapsed"),
        )
        .group_by(moves.c.organisation_id)
        .subquery("recomputed")
    )


_stored = _books(
    select(hour_balances)
    .where(hour_balances.c.central_organisation_id == _central_id, hour_balances.c.year == _year)
    .subquery("stored")
)
_as_of = _books(_recomputed())


async def get_books(session: Reader, organisation_id: UUID, year: int, at: datetime | None = None) -> Books:
    """The present balances, as stored, or those of an earlier time, computed from the transfers.

    Raises NotFound where there is no such organisation, or the caller does not reach it.
    """
    given = {"p_organisation_id": organisation_id, "p_year": year}
    if at is None:
        books = await _stored.first(session.connection, **given)
    else:
        books = await _as_of.first(session.connection, **given, p_at=at)
    if books is None or not is_within_reach(session.actor, books.place):
        raise NotFound
    return books
