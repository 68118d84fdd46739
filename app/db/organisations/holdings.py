"""Hours, proposals and training courses of organisations in years that are not closed."""

from datetime import date
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)

from app.db.hours.ledger import hour_balances, hour_pools
from app.db.hours.proposals import hour_proposals
from app.db.organisations.organisations import organisation_ancestors
from app.db.sessions import Writer
from app.db.statements import NOW, Query, columns_of
from app.db.trainings.tables import cost_statements, trainings
from app.domain.organisations.holdings import OPEN_STATES, Holding
from app.domain.trainings.trainings import HOLDING_STATES

_none = literal(0, Integer)


def _is_closed(year: ColumnElement[int]) -> ColumnElement[bool]:
    closed = hour_pools.alias("closed")
    return select(closed.c.year).where(closed.c.year == year, closed.c.closed_at.is_not(None)).exists()


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
        _none.label("open_trainings"),
    )
    .join(organisation_ancestors, organisation_ancestors.c.organisation_id == hour_balances.c.organisation_id)
    .where(_top, ~hour_balances.c.closed)
)
_proposals = (
    select(hour_proposals.c.year, _none, _none, _none, literal(1, Integer), _none)
    .join(organisation_ancestors, organisation_ancestors.c.organisation_id == hour_proposals.c.organisation_id)
    .where(
        _top,
        hour_proposals.c.state == any_(bindparam("p_states", type_=ARRAY(Text))),
        ~_is_closed(hour_proposals.c.year),
    )
)
_from, _until = bindparam("p_active_from", type_=Date), bindparam("p_active_until", type_=Date)
_is_settled = (
    select(cost_statements.c.id)
    .where(
        cost_statements.c.training_id == trainings.c.id,
        or_(cost_statements.c.state == "approved", cost_statements.c.state == "rejected"),
    )
    .exists()
)
_trainings = (
    select(trainings.c.year, _none, _none, _none, _none, literal(1, Integer))
    .join(organisation_ancestors, organisation_ancestors.c.organisation_id == trainings.c.organisation_id)
    .where(
        _top,
        trainings.c.central_organisation_id == bindparam("p_central_id", type_=Uuid),
        trainings.c.state == any_(bindparam("p_holding_states", type_=ARRAY(Text))),
        ~_is_settled,
        # A course without subsidy needs no statement.
        or_(trainings.c.supported, trainings.c.ends_at > NOW),
        or_(_from.is_(None), trainings.c.starts_on < _from, trainings.c.ends_on > _until),
        ~_is_closed(trainings.c.year),
    )
)
_held = union_all(_hours, _proposals, _trainings).subquery()
_holdings = Query(
    select(
        *columns_of(Holding, _held, **{column.name: func.sum(column) for column in _held.c if column.name != "year"})
    )
    .group_by(_held.c.year)
    .order_by(_held.c.year),
    Holding,
)


async def lock_holdings(
    writer: Writer,
    organisation_id: UUID,
    central_organisation_id: UUID,
    days: tuple[date, date | None] | None = None,
) -> list[Holding]:
    """The holdings of the organisation and all below it, by year. The hours of the centre are locked.

    With the first and last `days` of the organisation only the training courses that have sessions outside them count.
    """
    await writer.connection.execute(
        "SELECT count(*) FROM (SELECT year, hour_type FROM hour_pools WHERE closed_at IS NULL ORDER BY 1, 2) open, "
        "LATERAL lock_hour_balances(open.year, %s, open.hour_type)",
        [central_organisation_id],
    )
    active_from, active_until = days or (None, None)
    return await _holdings.all(
        writer.connection,
        p_id=organisation_id,
        p_central_id=central_organisation_id,
        p_states=OPEN_STATES,
        p_holding_states=list(HOLDING_STATES),
        p_active_from=active_from,
        p_active_until=active_until,
        p_now=writer.now,
    )
