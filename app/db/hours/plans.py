"""Decision plans, their rows, and how what they decide stands now."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    null,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, array

from app.db.hours import rounds
from app.db.hours.account_lists import granted_of
from app.db.hours.ledger import hour_balances
from app.db.hours.proposals import hour_proposals, makers_of_proposal
from app.db.hours.supplementary_requests import supplementary_hour_requests
from app.db.organisations.organisations import organisations
from app.db.organisations.study_centre import is_by_two
from app.db.paging import Listing, filters_of, given
from app.db.resources import Resource
from app.db.statements import (
    Command,
    Connection,
    Converted,
    Query,
    Selection,
    changed_at,
    columns_of,
    insert_rows,
    study_centre_table,
)
from app.domain.hours.plans import DecisionPlanSummary, History, Matter, Plan, PlanRow, PlanSums
from app.domain.hours.simulation import PlanKind, Step

decision_plans = study_centre_table(
    "decision_plans",
    Column("year", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("available", Integer, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_edited_by", Uuid),
    Column("last_edited_at", DateTime(timezone=True)),
    Column("published_by", Uuid),
    Column("published_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("expired_at", DateTime(timezone=True)),
    Column("expired_because", Text),
    changed_at(),
)

decision_plan_rows = study_centre_table(
    "decision_plan_rows",
    Column("plan_id", Uuid, primary_key=True),
    Column("row_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("proposal_id", Uuid),
    Column("request_id", Uuid),
    Column("asked", BigInteger),
    Column("is_member", Boolean, nullable=False),
    Column("hours", Integer),
    Column("reason", Text),
    Column("why", JSONB, nullable=False),
)

_rows = decision_plan_rows
_is_row_of_plan = _rows.c.plan_id == decision_plans.c.id
_makers = case(
    (_rows.c.request_id.is_not(None), array([supplementary_hour_requests.c.submitted_by])),
    else_=makers_of_proposal,
)


def _rows_from(rows: list[list[Any]]) -> tuple[PlanRow, ...]:
    """From JSON, in the order of the columns."""
    return tuple(
        PlanRow(
            id=UUID(row_id),
            organisation_id=UUID(organisation_id),
            organisation_name=name,
            asked=asked,
            proposal_id=proposal_id and UUID(proposal_id),
            request_id=request_id and UUID(request_id),
            makers=frozenset(UUID(maker) for maker in makers or () if maker),
            is_member=is_member,
            hours=hours,
            reason=reason,
            why=tuple(Step(**step) for step in why),
        )
        for row_id, organisation_id, name, asked, proposal_id, request_id, makers, is_member, hours, reason, why in rows
    )


_row_columns = columns_of(PlanRow, _rows, id=_rows.c.row_id, organisation_name=organisations.c.name, makers=_makers)
# The rows are read by the plan's own statement, so that no response has half of a change.
_in_order = aggregate_order_by(func.json_build_array(*_row_columns), organisations.c.sort_key, _rows.c.row_id)
_all_rows = (
    select(func.coalesce(func.json_agg(_in_order), text("'[]'")))
    .select_from(_rows)
    .join(organisations, organisations.c.id == _rows.c.organisation_id)
    .outerjoin(hour_proposals, hour_proposals.c.id == _rows.c.proposal_id)
    .outerjoin(supplementary_hour_requests, supplementary_hour_requests.c.id == _rows.c.request_id)
    .where(_is_row_of_plan)
    .correlate(decision_plans)
    .scalar_subquery()
)
_plan = Selection(
    Plan,
    decision_plans,
    rows=Converted(_all_rows, _rows_from),
    by_two=is_by_two,
)
plans = Resource(select(*_plan.columns), _plan.build, decision_plans, locked_first=True)


def _sum(of: Any) -> ColumnElement[int]:
    counted = select(cast(func.coalesce(of, 0), BigInteger)).where(_is_row_of_plan)
    return counted.correlate(decision_plans).scalar_subquery()


_hours = _sum(func.sum(_rows.c.hours))
_summary = Selection(
    DecisionPlanSummary,
    decision_plans,
    sums=Selection(
        PlanSums,
        rows=_sum(func.count()),
        filled=_sum(func.count(_rows.c.hours)),
        hours=_hours,
        asked=_sum(func.sum(_rows.c.asked)),
        available=decision_plans.c.available,
        left=decision_plans.c.available - _hours,
    ),
)
summaries = Listing(
    select(*_summary.columns),
    _summary.build,
    key=[decision_plans.c.id],
    filters=filters_of(decision_plans, "year", "kind", "state", "changed_since"),
)
_rows_removed = Command(delete(_rows).where(given(_rows.c.plan_id, "plan_id")))

_year = bindparam("p_year", type_=SmallInteger)
_round = rounds.centrals_standing
_of_round = Query(
    select(
        _round.c.organisation_id.label("id"),
        _round.c.organisation_id,
        _round.c.organisation_name,
        true().label("is_member"),
        _round.c.state,
        _round.c.proposal_id.label("wish_id"),
        _round.c.hours,
        _round.c.decision_id,
        _round.c.granted,
    ).order_by(_round.c.sort_key, _round.c.organisation_id),
    Matter,
)
_request = supplementary_hour_requests
# Those that a plan has rows for are read too, whatever has become of them.
_of_window = Query(
    select(
        _request.c.id,
        _request.c.organisation_id,
        organisations.c.name.label("organisation_name"),
        rounds.is_member.label("is_member"),
        _request.c.state,
        _request.c.id.label("wish_id"),
        func.coalesce(_request.c.granted_hours, _request.c.hours).label("hours"),
        cast(null(), Uuid).label("decision_id"),
        _request.c.granted_hours.label("granted"),
    )
    .join(organisations, organisations.c.id == _request.c.organisation_id)
    .where(
        _request.c.year == _year,
        or_(
            _request.c.state == "submitted",
            select(_rows.c.row_id)
            .where(given(_rows.c.plan_id, "plan_id"), _rows.c.row_id == _request.c.id)
            .correlate(_request)
            .exists(),
        ),
    )
    .order_by(organisations.c.sort_key, _request.c.id),
    Matter,
)
_history = Query(
    select(
        hour_balances.c.central_organisation_id.label("organisation_id"),
        cast(func.sum(hour_balances.c.used), BigInteger).label("used"),
        cast(func.sum(granted_of(hour_balances)), BigInteger).label("granted"),
    )
    .where(
        and_(
            hour_balances.c.year < _year,
            hour_balances.c.year >= _year - bindparam("p_years", type_=SmallInteger),
            hour_balances.c.hour_type == "training",
        )
    )
    .group_by(hour_balances.c.central_organisation_id),
    History,
)


async def list_matters(connection: Connection, year: int, kind: PlanKind, plan_id: UUID) -> list[Matter]:
    """How all that a plan may have rows for stands now, in the order of names, and all that this plan has rows for."""
    if kind == "round":
        return await _of_round.all(connection, p_year=year)
    return await _of_window.all(connection, p_year=year, p_plan_id=plan_id)


async def read_history(connection: Connection, year: int, years: int) -> dict[UUID, History]:
    """The hours of the years before, by central organisation."""
    history = await _history.all(connection, p_year=year, p_years=years)
    return {each.organisation_id: each for each in history}


async def replace_rows(connection: Connection, plan_id: UUID, rows: Sequence[PlanRow]) -> None:
    await _rows_removed.run(connection, p_plan_id=plan_id)
    await insert_rows(
        connection,
        decision_plan_rows,
        [
            {
                "plan_id": plan_id,
                "row_id": row.id,
                "organisation_id": row.organisation_id,
                "proposal_id": row.proposal_id,
                "request_id": row.request_id,
                "asked": row.asked,
                "is_member": row.is_member,
                "hours": row.hours,
                "reason": row.reason,
                "why": [asdict(step) for step in row.why],
            }
            for row in rows
        ],
    )
