"""Decision plans: make, change, simulate, refresh, compare, withdraw, publish, get and list."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypedDict
from uuid import UUID

from app.db.hours.expiring import share_openings, stop_openings
from app.db.hours.plans import decision_plans, list_matters, plans, read_history, replace_rows, summaries
from app.db.hours.pools import find_pool, hold_pool
from app.db.hours.proposals import lock_contested
from app.db.hours.supplementary_requests import lock_requests
from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_value
from app.domain.access import check_staff, check_staff_or_auditor
from app.domain.hours import plans as rules
from app.domain.hours.decisions import DecisionItem
from app.domain.hours.plans import (
    DecisionPlan,
    DecisionPlanSummary,
    Plan,
    PlanComparison,
    PlanHead,
    PlanItem,
    PlanReason,
    RowChanges,
)
from app.domain.hours.simulation import Method, Parameters, PlanKind
from app.domain.hours.supplementary_requests import RequestDecision
from app.domain.hours.years import check_year_open
from app.domain.versions import Versions, check_version
from app.services.hours.decisions import decide_hours
from app.services.hours.supplementary_requests import decide_requests
from app.texts.plans import reason_of


class PlanChanges(TypedDict, total=False):
    name: str
    rows: dict[UUID, RowChanges | None]


async def make_plan(writer: Writer, *, year: int, name: str, kind: PlanKind) -> DecisionPlan:
    check_staff(writer.actor)
    # A closing comes before this, and is seen, or waits, and ends the new plan.
    await share_openings(writer.connection, year)
    pool = await find_pool(writer.connection, year)
    check_year_open(year, pool.closed_at)
    plan = Plan(
        id=new_id(),
        year=year,
        name=name,
        kind=kind,
        state="draft",
        available=pool.available,
        created_by=writer.actor.person_id,
        created_by_name=writer.actor.name,
        created_at=writer.now,
        last_edited_by=None,
        last_edited_by_name=None,
        last_edited_at=None,
        published_by=None,
        published_by_name=None,
        published_at=None,
        withdrawn_at=None,
        expired_at=None,
        expired_because=None,
    )
    await insert_value(writer.connection, decision_plans, plan)
    matters = await list_matters(writer.connection, year, kind, plan.id)
    await replace_rows(writer.connection, plan.id, rules.rows_of(kind, matters))
    writer.record("decision-plan.created", plan.id, year=year)
    return await _shown(writer, plan.id)


async def change_plan(writer: Writer, plan_id: UUID, changes: PlanChanges, expected: Versions) -> DecisionPlan:
    plan = await _lock(writer, plan_id)
    rows = changes.get("rows", {})
    rules.check_changes(writer.actor, plan, rows)
    check_version(_shown_to(writer, plan), expected)
    rules.check_draft(plan)
    columns: dict[str, object] = {"name": changes["name"]} if "name" in changes else {}
    # What leaves the rows as they are is no edit: it would let its sender's colleague publish an own one.
    if (changed := rules.changed(plan, rows)) != plan.rows:
        await replace_rows(writer.connection, plan_id, changed)
        columns |= _edited(writer)
    if columns:
        await change_row(writer.connection, decision_plans, plan_id, **columns)
        writer.record("decision-plan.changed", plan_id, year=plan.year, rows=len(rows))
    return await _shown(writer, plan_id)


async def simulate_plan(
    writer: Writer,
    plan_id: UUID,
    expected: Versions,
    *,
    method: Method,
    parameters: Parameters,
    overrides: Mapping[UUID, int],
) -> DecisionPlan:
    plan = await _lock(writer, plan_id)
    rules.check_overrides(writer.actor, plan, parameters, overrides)
    check_version(_shown_to(writer, plan), expected)
    rules.check_draft(plan)
    history = await read_history(writer.connection, plan.year, parameters.years)
    rows = rules.simulated_rows(writer.actor, plan, history, method=method, parameters=parameters, overrides=overrides)
    if rows != plan.rows:
        await replace_rows(writer.connection, plan_id, rows)
        await change_row(writer.connection, decision_plans, plan_id, **_edited(writer))
    writer.record("decision-plan.simulated", plan_id, year=plan.year, method=method)
    return await _shown(writer, plan_id)


async def refresh_plan(writer: Writer, plan_id: UUID) -> DecisionPlan:
    plan = await _lock(writer, plan_id)
    rules.check_draft(plan)
    # Neither is locked: the publication finds what changes between the two, or after them.
    matters = await list_matters(writer.connection, plan.year, plan.kind, plan_id)
    pool = await find_pool(writer.connection, plan.year)
    await replace_rows(writer.connection, plan_id, rules.rows_of(plan.kind, matters, plan.rows))
    await change_row(writer.connection, decision_plans, plan_id, available=pool.available)
    writer.record("decision-plan.refreshed", plan_id, year=plan.year)
    return await _shown(writer, plan_id)


async def withdraw_plan(writer: Writer, plan_id: UUID) -> DecisionPlan:
    plan = await _lock(writer, plan_id)
    rules.check_draft(plan)
    await change_row(writer.connection, decision_plans, plan_id, state="withdrawn", withdrawn_at=writer.now)
    writer.record("decision-plan.withdrawn", plan_id, year=plan.year)
    return await _shown(writer, plan_id)


async def publish_plan(writer: Writer, plan_id: UUID, expected: Versions) -> DecisionPlan:
    check_staff(writer.actor)
    # Proposals that are made or submitted meanwhile wait, as they do for a decision. So this comes before all locks.
    await stop_openings(writer.connection, (await plans.get(writer, plan_id)).year)
    plan = await _lock(writer, plan_id)
    rules.check_publisher(writer.actor, plan)
    check_version(_shown_to(writer, plan), expected)
    rules.check_draft(plan)
    # Nobody withdraws a proposal or takes from the pool between the comparison and the decisions.
    if plan.kind == "round":
        await lock_contested(writer.connection, [row.id for row in plan.filled], plan.year, [])
    else:
        await lock_requests(writer, [row.id for row in plan.filled])
    pool = await hold_pool(writer.connection, plan.year)
    matters = await list_matters(writer.connection, plan.year, plan.kind, plan_id)
    rules.check_fresh(plan, {matter.id: matter for matter in matters}, pool.available)
    rules.check_pool_suffices(plan)
    await _decide(writer, plan)
    await change_row(
        writer.connection,
        decision_plans,
        plan_id,
        state="published",
        published_by=writer.actor.person_id,
        published_at=writer.now,
    )
    writer.record("decision-plan.published", plan_id, year=plan.year, decisions=len(plan.filled))
    return await _shown(writer, plan_id)


async def get_plan(reader: Reader, plan_id: UUID) -> DecisionPlan:
    check_staff_or_auditor(reader.actor)
    return await _shown(reader, plan_id)


async def list_plans(reader: Reader, page: PageRequest, **filters: object) -> Slice[DecisionPlanSummary]:
    check_staff_or_auditor(reader.actor)
    return await summaries.page(reader, page, **filters)


async def compare_plans(reader: Reader, plan_id: UUID, other_id: UUID) -> PlanComparison:
    check_staff_or_auditor(reader.actor)
    return rules.compared(await plans.get(reader, plan_id), await plans.get(reader, other_id))


async def _lock(writer: Writer, plan_id: UUID) -> Plan:
    """The plan, which staff alone may change. Others see no plans, and learn nothing of their ids."""
    check_staff(writer.actor)
    return await plans.lock(writer, plan_id)


def _edited(writer: Writer) -> dict[str, object]:
    return {"last_edited_by": writer.actor.person_id, "last_edited_at": writer.now}


async def _decide(writer: Writer, plan: Plan) -> None:
    rows = plan.filled
    if not rows:
        return
    if plan.kind == "round":
        items = [DecisionItem(row.organisation_id, row.hours or 0, row.reason, row.proposal_id) for row in rows]
        await decide_hours(writer, year=plan.year, items=items, by_plan=True)
    else:
        # A former member's requests stay in the plan, to be rejected. If one has hours, the refusal names its row.
        requests = [
            RequestDecision(row.id, row.hours or 0, row.reason, f"/rows/{row.id}", f"/rows/{row.id}/hours")
            for row in rows
        ]
        await decide_requests(writer, year=plan.year, items=requests, by_plan=True)


async def _shown(session: Reader, plan_id: UUID) -> DecisionPlan:
    return _shown_to(session, await plans.get(session, plan_id))


def _shown_to(session: Reader, plan: Plan) -> DecisionPlan:
    """The plan as the caller sees it: with the caller's own rows marked, and the reasons for the hours in words."""
    items = [
        PlanItem(
            id=row.id,
            organisation_id=row.organisation_id,
            organisation_name=row.organisation_name,
            asked=row.asked,
            proposal_id=row.proposal_id,
            request_id=row.request_id,
            hours=row.hours,
            reason=row.reason,
            own=rules.is_own(session.actor, row),
            why=[PlanReason(**vars(step), text=reason_of(step)) for step in row.why],
        )
        for row in plan.rows
    ]
    head = {each.name: getattr(plan, each.name) for each in fields(PlanHead)}
    return DecisionPlan(**head, sums=rules.sums_of(plan), items=items)
