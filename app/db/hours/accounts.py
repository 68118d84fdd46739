"""Hour accounts: an organisation's place and the balances of its tree, in one statement."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, SmallInteger, Text, Uuid, bindparam, case, func, or_, select, true

from app.db.hours.balances import Balances
from app.db.organisations.organisations import organisations, place_at
from app.db.sessions import Reader
from app.db.statements import Query, Selection
from app.domain.access import is_within_reach
from app.domain.errors import NotFound
from app.domain.hours.accounts import Balance, Books
from app.domain.hours.ledger import HourType

_own = organisations.alias("own")
_central = organisations.alias("central")
_id = bindparam("p_organisation_id", type_=Uuid)
_year = bindparam("p_year", type_=SmallInteger)
_central_id = select(organisations.c.central_organisation_id).where(organisations.c.id == _id).scalar_subquery()


def _row(*values: Any) -> tuple[Any, ...]:
    return values


_place = place_at(_own)
_draws_on = select(_central.c.draws_on).where(_central.c.id == _own.c.central_organisation_id).scalar_subquery()
_shared = (*_place.columns, _draws_on.label("draws_on"))


def _books(of_tree: FromClause) -> Query[tuple[Any, ...]]:
    """A row of each balance; the first also has the place and the centre's setting. Without balances there is one row.

    `of_tree` has the balances of the centre's tree in the year; of a unit's books only its own and the centre's.
    (As JSON, which is a single value, all of it would take twice the time.)
    """
    is_shown = or_(
        _own.c.id == _own.c.central_organisation_id,
        of_tree.c.organisation_id.in_([_own.c.id, _own.c.central_organisation_id]),
    )
    # One at a time: the planner would rather read all organisations than look up a dozen.
    found = select(organisations).where(organisations.c.id == of_tree.c.organisation_id, is_shown).limit(1)
    holder = found.lateral("holder")
    balance = Selection(
        Balance,
        of_tree,
        name=holder.c.name,
        stands_there=holder.c.central_organisation_id == _own.c.central_organisation_id,
    )
    order = (holder.c.sort_key, holder.c.id)
    is_first = func.row_number().over(order_by=order) == 1
    return Query(
        select(*(case((is_first, column)).label(column.name) for column in _shared), *balance.columns)
        .select_from(_own.outerjoin(of_tree.join(holder, true()), true()))
        .where(_own.c.id == _id)
        .order_by(*order),
        _row,
    )


_balances = Balances(
    _books,
    lambda table: [
        table.c.central_organisation_id == _central_id,
        table.c.year == _year,
        table.c.hour_type == bindparam("p_hour_type", type_=Text),
    ],
)


async def get_books(
    session: Reader, organisation_id: UUID, year: int, at: datetime | None = None, hour_type: HourType = "training"
) -> Books:
    """The present balances, as stored, or those of an earlier time, computed from the transfers.

    Raises NotFound where there is no such organisation, or the caller does not reach it.
    """
    parameters = {"p_organisation_id": organisation_id, "p_year": year, "p_hour_type": hour_type}
    rows = await _balances.all(session.connection, at, **parameters)
    if not rows:
        raise NotFound
    *place, draws_on = rows[0][: len(_shared)]
    balances = [Balance(*row[len(_shared) :]) for row in rows if row[len(_shared)] is not None]
    books = Books(_place.build(*place), year, draws_on, hour_type, balances)
    if not is_within_reach(session.actor, books.place):
        raise NotFound
    return books
