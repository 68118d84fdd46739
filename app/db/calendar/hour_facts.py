"""The facts about hours, proposals and requests from which tasks and reminders follow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.db.hours.decisions import hour_decisions
from app.db.hours.distributions import hour_distributions
from app.db.hours.ledger import hour_balances, hour_pools
from app.db.hours.proposals import hour_proposals
from app.db.hours.returns import hour_returns
from app.db.hours.supplementary_requests import supplementary_hour_requests
from app.db.organisations.organisations import name_in, organisations
from app.db.statements import Connection, Query, columns_of
from app.domain.calendar.due_reminders import HoursInUse
from app.domain.calendar.task_facts import HoursChange, OwnProposal, WaitingProposals, WaitingRequest, YearHours
from app.domain.organisations.organisations import Language

MOST_WAITING = 500
"""How many waiting requests are listed."""

_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_from_year = bindparam("p_from_year", type_=SmallInteger)
_organisation = organisations.alias("organisation")
# Where hours are decided, an organisation without a proposal that counts has nothing to propose any more.
_proposed_or_decided = union_all(
    select(*columns_of(OwnProposal, hour_proposals, is_decision=false())).where(
        hour_proposals.c.organisation_id == any_(_ids),
        hour_proposals.c.state != "withdrawn",
        hour_proposals.c.state != "expired",
        hour_proposals.c.year >= _from_year,
    ),
    select(
        *columns_of(
            OwnProposal,
            hour_decisions,
            organisation_id=_organisation.c.id,
            state=literal("decided"),
            answer_by=cast(null(), Date),
            is_decision=true(),
        )
    )
    .join(_organisation, _organisation.c.central_organisation_id == hour_decisions.c.organisation_id)
    .where(_organisation.c.id == any_(_ids), hour_decisions.c.year >= _from_year),
).subquery("proposed")
_proposals = Query(select(*_proposed_or_decided.c).order_by(_proposed_or_decided.c.is_decision), OwnProposal)


def _waiting(central_organisation_id: Any) -> Any:
    ids = func.array_agg(aggregate_order_by(hour_proposals.c.id, hour_proposals.c.id))
    return select(
        central_organisation_id.label("central_organisation_id"), hour_proposals.c.year, ids.label("proposal_ids")
    ).where(hour_proposals.c.state == "submitted")


_waiting_of_units = Query(
    _waiting(hour_proposals.c.central_organisation_id)
    .where(
        hour_proposals.c.central_organisation_id == any_(_ids),
        hour_proposals.c.organisation_id != hour_proposals.c.central_organisation_id,
        hour_proposals.c.year >= _from_year,
    )
    .group_by(hour_proposals.c.central_organisation_id, hour_proposals.c.year),
    WaitingProposals,
)
_waiting_of_centres = Query(
    _waiting(cast(null(), Uuid))
    .where(hour_proposals.c.organisation_id == hour_proposals.c.central_organisation_id)
    .group_by(hour_proposals.c.year),
    WaitingProposals,
)

_own = organisations.alias("own")
_in_use = hour_balances.c.reserved + hour_balances.c.used
_granted = hour_balances.c.common + hour_balances.c.allotment + _in_use


def _total(column: Any) -> Any:
    return cast(func.sum(column), Integer)


# A centre's row counts its tree. Lapsed allotments are in the centre's own `lapsed`.
_year_hours = Query(
    select(
        *columns_of(
            YearHours,
            hour_balances,
            organisation_id=_own.c.id,
            granted=_total(_granted),
            in_use=_total(_in_use),
            free=_total(hour_balances.c.common),
            is_distributed=func.coalesce(func.max(hour_distributions.c.revision), 0) > 0,
            is_closed=func.bool_or(hour_pools.c.closed_at.is_not(None)),
        )
    )
    .select_from(_own)
    .join(
        hour_balances,
        (hour_balances.c.central_organisation_id == _own.c.central_organisation_id)
        & or_(_own.c.id == _own.c.central_organisation_id, hour_balances.c.organisation_id == _own.c.id),
    )
    .join(
        hour_pools,
        (hour_pools.c.year == hour_balances.c.year) & (hour_pools.c.hour_type == hour_balances.c.hour_type),
    )
    .outerjoin(
        hour_distributions,
        (hour_distributions.c.organisation_id == _own.c.id) & (hour_distributions.c.year == hour_balances.c.year),
    )
    .where(_own.c.id == any_(_ids), hour_balances.c.year >= _from_year, hour_balances.c.hour_type == "training")
    .group_by(_own.c.id, hour_balances.c.year)
    .order_by(_own.c.id, hour_balances.c.year),
    YearHours,
)
_running_out = Query(
    select(
        *columns_of(
            HoursInUse,
            hour_balances,
            organisation_id=hour_balances.c.central_organisation_id,
            granted=_total(_granted),
            in_use=_total(_in_use),
        )
    )
    .where(hour_balances.c.year == bindparam("p_year", type_=SmallInteger), hour_balances.c.hour_type == "training")
    .group_by(hour_balances.c.central_organisation_id, hour_balances.c.year)
    .having(_total(_in_use) * 100 >= _total(_granted) * bindparam("p_percent", type_=Integer))
    .order_by(hour_balances.c.central_organisation_id),
    HoursInUse,
)

_since = bindparam("p_since", type_=DateTime(timezone=True))
_requests = supplementary_hour_requests.c
_made = union_all(
    select(_requests.organisation_id, _requests.year, _requests.submitted_at.label("made_at")).where(
        _requests.organisation_id == any_(_ids), _requests.state != "withdrawn", _requests.submitted_at >= _since
    ),
    select(hour_returns.c.organisation_id, hour_returns.c.year, hour_returns.c.booked_at).where(
        hour_returns.c.organisation_id == any_(_ids),
        hour_returns.c.state == "booked",
        hour_returns.c.booked_at >= _since,
    ),
).subquery("made")
_changes = Query(select(_made), HoursChange)
_waiting_requests = Query(
    select(
        *columns_of(
            WaitingRequest,
            supplementary_hour_requests,
            organisation_name=name_in(bindparam("p_language", type_=Text)),
        )
    )
    .join(organisations, organisations.c.id == _requests.organisation_id)
    .where(_requests.state == "submitted")
    .order_by(_requests.id)
    .limit(MOST_WAITING),
    WaitingRequest,
)


async def list_own_proposals(connection: Connection, ids: Sequence[UUID], from_year: int) -> list[OwnProposal]:
    return await _proposals.all(connection, p_ids=list(ids), p_from_year=from_year)


async def list_waiting_of_units(connection: Connection, ids: Sequence[UUID], from_year: int) -> list[WaitingProposals]:
    """Proposals of the centres' units that wait to be included."""
    return await _waiting_of_units.all(connection, p_ids=list(ids), p_from_year=from_year)


async def list_waiting_of_centres(connection: Connection) -> list[WaitingProposals]:
    """Proposals of all centres that wait to be decided, whatever the year."""
    return await _waiting_of_centres.all(connection)


async def list_year_hours(connection: Connection, ids: Sequence[UUID], from_year: int) -> list[YearHours]:
    return await _year_hours.all(connection, p_ids=list(ids), p_from_year=from_year)


async def list_changes(connection: Connection, ids: Sequence[UUID], since: datetime) -> list[HoursChange]:
    return await _changes.all(connection, p_ids=list(ids), p_since=since)


async def list_waiting_requests(connection: Connection, language: Language) -> list[WaitingRequest]:
    """Requests that are not decided, whatever the year. Names of organisations are in the language."""
    return await _waiting_requests.all(connection, p_language=language)


async def list_hours_in_use(connection: Connection, year: int, percent: int) -> list[HoursInUse]:
    """The centres that have reserved or used at least so many per cent of the year's hours."""
    return await _running_out.all(connection, p_year=year, p_percent=percent)
