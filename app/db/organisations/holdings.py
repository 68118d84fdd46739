"""Hours and proposals of organisations in years that are not closed."""

from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, any_, bindparam, case, func, literal, select, union_all

from app.db.hours.ledger import hour_balances, hour_pools
from app.db.hours.proposals import hour_proposals
from app.db.organisations.organisations import organisation_ancestors
from app.db.statements import Connection, Query, columns_of
from app.domain.organisations.holdings import OPEN_STATES, Holding

_none = literal(0, Integer)
_top = organisation_ancestors.c.ancestor_id == bindparam("p_id", type_=Uuid)
_is_unit = hour_balances.c.organisation_id != hour_balances.c.central_organisation_id
_drawn = hour_balances.c.reserved + hour_balances.c.used + hour_balances.c.allotment_lapsed
_hours = (
    select(
        hour_balances.c.year,
        case((_is_unit, hour_balances.c.allotment + _drawn), else_=0).label("allotted"),
        hour_balances.c.reserved,
        case((_is_unit, hour_balances.c.used), else_=0).label("used"),
        _none.label("open_proposals"),
    )
    .join(organisation_ancestors, organisation_ancestors.c.organisation_id == hour_balances.c.organisation_id)
    .where(_top, ~hour_balances.c.closed)
)
_proposals = (
    select(hour_proposals.c.year, _none, _none, _none, literal(1, Integer))
    .join(organisation_ancestors, organisation_ancestors.c.organisation_id == hour_proposals.c.organisation_id)
    .where(
        _top,
        hour_proposals.c.state == any_(bindparam("p_states", type_=ARRAY(Text))),
        ~select(hour_pools.c.year)
        .where(hour_pools.c.year == hour_proposals.c.year, hour_pools.c.closed_at.is_not(None))
        .exists(),
    )
)
_held = union_all(_hours, _proposals).subquery()
_holdings = Query(
    select(
        *columns_of(Holding, _held, **{column.name: func.sum(column) for column in _held.c if column.name != "year"})
    )
    .group_by(_held.c.year)
    .order_by(_held.c.year),
    Holding,
)


async def lock_holdings(connection: Connection, organisation_id: UUID, central_organisation_id: UUID) -> list[Holding]:
    """The holdings of the organisation and all below it, by year. The hours of the centre are locked."""
    await connection.execute(
        "SELECT count(*) FROM (SELECT year, hour_type FROM hour_pools WHERE closed_at IS NULL ORDER BY 1, 2) open, "
        "LATERAL lock_hour_balances(open.year, %s, open.hour_type)",
        [central_organisation_id],
    )
    return await _holdings.all(connection, p_id=organisation_id, p_states=OPEN_STATES)
