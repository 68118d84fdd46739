"""The round for the hours of a year: each organisation with the proposal that counts and what was decided."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    SmallInteger,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.calendar.deadlines import deadlines
from app.db.hours.decisions import hour_decisions
from app.db.hours.ledger import hour_balances
from app.db.hours.proposals import hour_proposal_lines, hour_proposals
from app.db.organisations.organisations import organisations
from app.db.paging import Listing, any_given, given
from app.db.statements import Connection, Query, columns_of
from app.domain.calendar.deadlines import Window
from app.domain.hours.rounds import Outcome, RoundItem, Tally, UnitRoundItem, UnitRoundState

_year = bindparam("p_year", type_=SmallInteger)
_is_central = organisations.c.kind == "central"
_first_day, _last_day = func.make_date(_year, 1, 1), func.make_date(_year, 12, 31)
is_member = and_(
    organisations.c.active_from <= _last_day,
    or_(organisations.c.active_until.is_(None), organisations.c.active_until >= _first_day),
)
# An open proposal counts before one that expired; of several that expired the last one counts.
# All of the year are read in one pass, since looking for each organisation's own is slow for 10,000 units.
_counting = (
    select(hour_proposals)
    .ext(distinct_on(hour_proposals.c.organisation_id))
    .where(hour_proposals.c.year == _year, hour_proposals.c.state != "withdrawn")
    .order_by(hour_proposals.c.organisation_id, hour_proposals.c.state == "expired", hour_proposals.c.id.desc())
    .subquery("counting")
)
_decision = hour_decisions.alias("decision")
_allotment = hour_balances.alias("allotment")
_is_decided = and_(_decision.c.id.is_not(None), or_(_is_central, _counting.c.state == "decided"))
# What expired by the decision does not count beside it.
_counts = or_(~_is_decided, _counting.c.state == "decided")
_hours = (
    select(cast(func.coalesce(func.sum(hour_proposal_lines.c.hours), 0), BigInteger))
    .where(hour_proposal_lines.c.proposal_id == _counting.c.id)
    .correlate(_counting)
    .scalar_subquery()
)
_allotted = func.coalesce(
    _allotment.c.allotment + _allotment.c.reserved + _allotment.c.used + _allotment.c.allotment_lapsed, 0
)
_row = (
    select(
        organisations.c.id.label("organisation_id"),
        organisations.c.name.label("organisation_name"),
        case((_is_decided, "decided"), else_=func.coalesce(_counting.c.state, "not_begun")).label("state"),
        case((and_(_counts, _counting.c.id.is_not(None)), _hours)).label("hours"),
        case((_counts, _counting.c.id)).label("proposal_id"),
        case((_counts, _counting.c.reference)).label("reference"),
        case((_counts, _counting.c.submitted_at)).label("submitted_at"),
        case((_is_decided, _decision.c.id)).label("decision_id"),
        case((_is_decided, case((_is_central, _decision.c.hours), else_=_allotted))).label("granted"),
        case((_is_decided, _decision.c.decided_at)).label("decided_at"),
        _year.label("year"),
        organisations.c.sort_key,
        organisations.c.central_organisation_id,
    )
    .select_from(organisations)
    .outerjoin(_counting, _counting.c.organisation_id == organisations.c.id)
    .outerjoin(
        _decision,
        and_(_decision.c.organisation_id == organisations.c.central_organisation_id, _decision.c.year == _year),
    )
    .outerjoin(
        _allotment,
        and_(
            _allotment.c.central_organisation_id == organisations.c.central_organisation_id,
            _allotment.c.year == _year,
            _allotment.c.hour_type == "training",
            _allotment.c.organisation_id == organisations.c.id,
            ~_is_central,
        ),
    )
    .where(is_member)
)
centrals_standing = _row.where(_is_central).subquery("standing")
_units = _row.where(~_is_central).subquery("standing")
_is_of_tree = given(_units.c.central_organisation_id, "central_organisation_id")
_SHOWN = tuple(RoundItem.__dataclass_fields__)


def _listing(rows: Any, row: Callable[..., Any], **filters: ColumnElement[bool]) -> Listing[Any]:
    return Listing(
        select(*(rows.c[name] for name in _SHOWN)),
        row,
        key=[rows.c.sort_key, rows.c.organisation_id],
        newest_first=False,
        filters={"year": given(rows.c.year, "year"), "state": any_given(rows.c.state, "state"), **filters},
    )


def _tallies(rows: Any, *conditions: ColumnElement[bool]) -> Query[Tally]:
    return Query(
        select(
            rows.c.state,
            func.count().label("organisations"),
            *(cast(func.coalesce(func.sum(rows.c[name]), 0), BigInteger).label(name) for name in ("hours", "granted")),
        )
        .where(*conditions)
        .group_by(rows.c.state),
        Tally,
    )


central_listing: Listing[RoundItem] = _listing(centrals_standing, RoundItem)
unit_listing: Listing[UnitRoundItem] = _listing(_units, UnitRoundItem, central_organisation_id=_is_of_tree)
_of_centrals, _of_units = _tallies(centrals_standing), _tallies(_units, _is_of_tree)
_outcomes = Query(select(*columns_of(Outcome, centrals_standing)), Outcome)
_in_states = bindparam("p_states", type_=ARRAY(Text))
_centrals_in: Query[UUID] = Query(
    select(centrals_standing.c.organisation_id).where(centrals_standing.c.state == any_(_in_states))
)
_units_in: Query[UUID] = Query(select(_units.c.organisation_id).where(_units.c.state == any_(_in_states), _is_of_tree))
_windows = Query(
    select(deadlines.c.opens_on, deadlines.c.closes_on)
    .where(
        deadlines.c.kind == "proposal_round",
        given(deadlines.c.hours_year, "year"),
        deadlines.c.organisation_id.is_(None),
        deadlines.c.confirmed,
    )
    .order_by(deadlines.c.id),
    lambda opens_on, closes_on: Window(opens_on, closes_on),
)


async def count_centrals(connection: Connection, year: int) -> list[Tally]:
    return await _of_centrals.all(connection, p_year=year)


async def count_units(connection: Connection, central_organisation_id: UUID, year: int) -> list[Tally]:
    return await _of_units.all(connection, p_year=year, p_central_organisation_id=central_organisation_id)


async def list_outcomes(connection: Connection, year: int) -> list[Outcome]:
    """What each central organisation of the round asked and was granted."""
    return await _outcomes.all(connection, p_year=year)


async def list_in_states(
    connection: Connection, year: int, states: Sequence[UnitRoundState], central_organisation_id: UUID | None
) -> list[UUID]:
    """The central organisations, or the units of the named one, that are in one of the states now."""
    of = {"p_year": year, "p_states": list(states)}
    if central_organisation_id is None:
        return await _centrals_in.all(connection, **of)
    return await _units_in.all(connection, **of, p_central_organisation_id=central_organisation_id)


async def list_windows(connection: Connection, year: int) -> list[Window]:
    """The days of the round for everyone."""
    return await _windows.all(connection, p_year=year)
