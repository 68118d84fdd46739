"""Decision plans (päätössuunnitelma): staff prepare the decisions of a round or a change window, and publish them
together (rulebook §3.17)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal, TypedDict
from uuid import UUID

from app.domain.access import Actor
from app.domain.errors import Fault, Forbidden, Invalid, NotFound, PlanStale, PoolExceeded, WrongState
from app.domain.hours.decisions import check_second_person
from app.domain.hours.expiring import ExpiryCause
from app.domain.hours.simulation import (
    Method,
    Parameters,
    PlanKind,
    Step,
    StepName,
    Wish,
    check_rows_known,
    simulated,
)
from app.domain.organisations.names import sort_key_of
from app.domain.values import Localised, Shown

PlanState = Literal["draft", "published", "withdrawn", "expired"]
What = Literal["proposal", "request", "decision", "membership"]


@dataclass(frozen=True)
class PlanRow:
    """What a plan knows of an organisation or a request, and the hours that are planned."""

    id: UUID
    """ID of the organisation in a plan of a round, of the request in a plan of a change window."""
    organisation_id: UUID
    organisation_name: str
    asked: int | None
    proposal_id: UUID | None
    request_id: UUID | None
    makers: frozenset[UUID]
    """Who created or sent the proposal or the request."""
    is_member: bool
    """Whether the organisation was a member in the year when the plan took it in."""
    hours: int | None
    reason: str | None
    why: tuple[Step, ...]

    @property
    def wish(self) -> "PlanFact | None":
        """What was asked when the plan took it in."""
        wished = self.proposal_id or self.request_id
        return PlanFact(wished, "submitted", self.asked) if wished else None


@dataclass(frozen=True)
class PlanHead(Shown):
    """What a plan is, who made it, and what has become of it."""

    id: UUID
    year: int
    name: str
    """Name of the plan."""
    kind: PlanKind
    """Subject of the plan: the proposals of a `round`, or the requests of a change `window`."""
    state: PlanState
    """State of the plan."""
    created_by: UUID
    """ID of the person who created the plan."""
    created_by_name: str | None
    created_at: datetime
    """When the plan was created."""
    last_edited_by: UUID | None
    """ID of the person who last changed the rows, by hand or by a simulation. `null` if nobody has."""
    last_edited_by_name: str | None
    last_edited_at: datetime | None
    """When the rows were last changed. `null` if they have not been."""
    published_by: UUID | None
    """ID of the person who published the plan. `null` if it has not been published."""
    published_by_name: str | None
    published_at: datetime | None
    """When the plan was published. `null` if it has not been."""
    withdrawn_at: datetime | None
    expired_at: datetime | None
    expired_because: ExpiryCause | None


@dataclass(frozen=True)
class Plan(PlanHead):
    """A plan with its rows in the order of names."""

    available: int
    """Free hours of the pool when the plan took them in."""
    rows: tuple[PlanRow, ...] = ()
    by_two: bool = False
    """Whether the study centre has its hours decided by two people now."""

    @cached_property
    def by_id(self) -> Mapping[UUID, PlanRow]:
        return {row.id: row for row in self.rows}

    @property
    def filled(self) -> list[PlanRow]:
        return [row for row in self.rows if row.hours is not None]


@dataclass(frozen=True)
class PlanReason(Shown):
    """Hours that a row has for one reason."""

    step: StepName
    """Reason for the hours."""
    hours: int
    """Hours of the row for this reason."""
    room: int
    """The most hours that the row could get for this reason."""
    weight: int | None
    """Weight of the row. `null` if nothing was divided by weights, 0 for what was left when the others were full."""
    text: Localised
    """Reason for people."""


@dataclass(frozen=True)
class PlanItem(Shown):
    """A row of a plan: an organisation in the round, or a request in the change window."""

    id: UUID
    """ID of the row: of the organisation in a plan of a round, of the request in a plan of a change window."""
    organisation_id: UUID
    """ID of the central organisation."""
    organisation_name: str
    asked: int | None
    """Hours proposed or requested. `null` if the organisation has no submitted proposal."""
    proposal_id: UUID | None
    """ID of the submitted proposal. `null` if there is none, or the plan is of a change window."""
    request_id: UUID | None
    """ID of the supplementary request. `null` if the plan is of a round."""
    hours: int | None
    """Hours to be granted. `null` if the row is empty, so that a publication leaves it undecided. 0 is decided too."""
    reason: str | None
    """Reason for the decision. `null` if none is given."""
    own: bool
    """True if the matter is your own, so that you cannot change the row."""
    why: list[PlanReason]
    """Reasons for the hours, from the last simulation or a change by hand. Their hours sum to those of the row."""


@dataclass(frozen=True)
class PlanSums(Shown):
    """Sums over all rows."""

    rows: int
    """Number of rows."""
    filled: int
    """Number of rows with hours, 0 included."""
    hours: int
    """Sum of the planned hours."""
    asked: int
    """Sum of the hours proposed or requested."""
    available: int
    """Free hours of the pool, as the plan last took them in."""
    left: int
    """Free hours less planned ones. It may be below 0 in a draft."""


@dataclass(frozen=True)
class DecisionPlanSummary(PlanHead):
    """A plan without its rows."""

    sums: PlanSums
    """Sums over all rows."""


@dataclass(frozen=True)
class DecisionPlan(DecisionPlanSummary):
    """A plan with its rows."""

    items: list[PlanItem]
    """All rows, in the order of names."""


@dataclass(frozen=True)
class PlanFact(Shown):
    """How something stands that a plan depends on."""

    id: UUID | None
    """ID of the proposal, the request or the decision. `null` if it is a membership."""
    state: str
    """State of the proposal or the request; `decided`; `member`."""
    hours: int | None
    """Hours proposed, requested or granted. `null` if it is a membership."""


@dataclass(frozen=True)
class PlanChange(Shown):
    """What has changed for a row since the plan took it in."""

    id: UUID
    """ID of the row."""
    organisation_name: str
    what: What
    """What has changed."""
    before: PlanFact | None
    """What the plan knows. `null` if there was none."""
    now: PlanFact | None
    """How it stands now. `null` if there is none any more."""


@dataclass(frozen=True)
class PoolChange(Shown):
    """Free hours of the pool."""

    before: int
    """Free hours that the plan knows."""
    now: int
    """Free hours now."""


@dataclass(frozen=True)
class ComparedItem(Shown):
    """A row in two plans."""

    id: UUID
    """ID of the row."""
    organisation_name: str
    hours: int | None
    """Hours in this plan. `null` if the row is empty or missing."""
    other_hours: int | None
    """Hours in the other plan. `null` if the row is empty or missing."""
    difference: int
    """Hours in the other plan less those in this one. Empty counts as 0."""


@dataclass(frozen=True)
class ComparedTotals(Shown):
    """Sums of two plans."""

    hours: int
    """Sum of the hours in this plan."""
    other_hours: int
    """Sum of the hours in the other plan."""
    difference: int
    """Sum in the other plan less that in this one."""


@dataclass(frozen=True)
class PlanComparison(Shown):
    items: list[ComparedItem]
    """Rows of both plans, in the order of names."""
    totals: ComparedTotals
    """Sums over the rows of both plans."""


@dataclass(frozen=True)
class Matter:
    """How an organisation or a request stands now that a plan may have a row for."""

    id: UUID
    """ID of the row."""
    organisation_id: UUID
    organisation_name: str
    is_member: bool
    """Whether the organisation is a member in the year."""
    state: str
    """Of the request, or of the organisation in the round."""
    wish_id: UUID | None
    """ID of the proposal that counts, or of the request."""
    hours: int | None
    """Hours proposed or requested."""
    decision_id: UUID | None
    """ID of the organisation's decision in a round."""
    granted: int | None

    @property
    def wish(self) -> PlanFact | None:
        """What is submitted now: a draft is no wish."""
        return PlanFact(self.wish_id, self.state, self.hours) if self.state == "submitted" else None

    @property
    def standing(self) -> PlanFact | None:
        return PlanFact(self.wish_id, self.state, self.hours) if self.wish_id else None


class RowChanges(TypedDict, total=False):
    hours: int | None
    reason: str | None


@dataclass(frozen=True)
class History:
    """Hours of an organisation in the years before."""

    organisation_id: UUID
    used: int
    granted: int


def is_own(actor: Actor, row: PlanRow) -> bool:
    """Whether the row is a matter of the actor's own (rulebook §2.2)."""
    is_main_user = any(g.role == "main_user" and g.organisation_id == row.organisation_id for g in actor.roles)
    return is_main_user or actor.is_among(row.makers)


def has_ended(kind: PlanKind, matter: Matter) -> bool:
    """Whether nothing can be decided there any more: decided already, no member, or a request that is not open."""
    if kind == "round":
        return matter.decision_id is not None or not matter.is_member
    return matter.state != "submitted"


def rows_of(kind: PlanKind, matters: Sequence[Matter], before: Collection[PlanRow] = ()) -> tuple[PlanRow, ...]:
    """Return the rows of what can be decided now. Those that were there before keep their hours and reasons."""
    known = {row.id: row for row in before}
    rows = []
    for matter in matters:
        if has_ended(kind, matter):
            continue
        wish = matter.wish
        taken_in = PlanRow(
            id=matter.id,
            organisation_id=matter.organisation_id,
            organisation_name=matter.organisation_name,
            asked=wish.hours if wish else None,
            proposal_id=wish.id if wish and kind == "round" else None,
            request_id=matter.id if kind == "window" else None,
            makers=frozenset(),
            is_member=matter.is_member,
            hours=None,
            reason=None,
            why=(),
        )
        if old := known.get(matter.id):
            taken_in = replace(taken_in, hours=old.hours, reason=old.reason, why=old.why)
        rows.append(taken_in)
    return tuple(rows)


def check_draft(plan: Plan) -> None:
    """Check that the plan may still change. Raise WrongState."""
    if plan.state != "draft":
        raise WrongState(state=plan.state, allowed=["draft"])


def check_changes(actor: Actor, plan: Plan, changes: Mapping[UUID, RowChanges | None]) -> None:
    """Check that the rows exist, are not the actor's own (rulebook §2.2), and get no more than was requested.

    Raise NotFound, Forbidden, Invalid.
    """
    for row_id in changes:
        if row_id not in plan.by_id:
            raise NotFound(pointer=f"/rows/{row_id}")
    _check_none_own(actor, plan, changes, "/rows/{}")
    hours = {row_id: change.get("hours") for row_id, change in changes.items() if change}
    _check_requested(plan, hours, "/rows/{}/hours")


def check_overrides(actor: Actor, plan: Plan, parameters: Parameters, overrides: Mapping[UUID, int]) -> None:
    """Check that all named rows exist, and that the fixed ones are not the actor's own (rulebook §2.2) and get no more
    than was requested.

    Raise NotFound, Forbidden, Invalid.
    """
    check_rows_known(plan.by_id, parameters, overrides)
    _check_none_own(actor, plan, overrides, "/overrides/{}")
    _check_requested(plan, overrides, "/overrides/{}")


def _check_none_own(actor: Actor, plan: Plan, row_ids: Iterable[UUID], pointer: str) -> None:
    for row_id in row_ids:
        if row_id in plan.by_id and is_own(actor, plan.by_id[row_id]):
            raise Forbidden(pointer=pointer.format(row_id), because="own-matter")


def _check_requested(plan: Plan, hours: Mapping[UUID, int | None], pointer: str) -> None:
    """Check that no request of a change window gets more hours than it asks for."""
    if plan.kind == "round":
        return
    faults = [
        Fault(pointer.format(row_id), "more-than-asked", {"asked": plan.by_id[row_id].asked})
        for row_id, given in hours.items()
        if row_id in plan.by_id and (given or 0) > (plan.by_id[row_id].asked or 0)
    ]
    if faults:
        raise Invalid(*faults)


def changed(plan: Plan, changes: Mapping[UUID, RowChanges | None]) -> tuple[PlanRow, ...]:
    """Return the rows with these changes; None empties a row."""
    return tuple(_changed(row, changes[row.id]) if row.id in changes else row for row in plan.rows)


def _changed(row: PlanRow, change: RowChanges | None) -> PlanRow:
    if change is None:
        return replace(row, hours=None, reason=None, why=())
    if "hours" in change and change["hours"] != row.hours:
        row = replace(row, hours=change["hours"], why=_by_hand(change["hours"]))
    return replace(row, reason=change["reason"]) if "reason" in change else row


def _by_hand(hours: int | None) -> tuple[Step, ...]:
    return (Step("fixed", hours, hours, None),) if hours else ()


def simulated_rows(
    actor: Actor,
    plan: Plan,
    history: Mapping[UUID, History],
    *,
    method: Method,
    parameters: Parameters,
    overrides: Mapping[UUID, int],
) -> tuple[PlanRow, ...]:
    """Return the rows with the hours of a simulation. Raise NotFound, Invalid, PoolExceeded."""
    wishes = [_wish_of(actor, rank, row, history) for rank, row in enumerate(plan.rows)]
    result = simulated(plan.kind, method, wishes, parameters, overrides, plan.available)
    return tuple(replace(row, hours=result[row.id].hours, why=result[row.id].why) for row in plan.rows)


def _wish_of(actor: Actor, rank: int, row: PlanRow, history: Mapping[UUID, History]) -> Wish:
    before = history.get(row.organisation_id)
    return Wish(
        id=row.id,
        rank=rank,
        asked=row.asked,
        hours=row.hours,
        own=is_own(actor, row),
        used=before.used if before else 0,
        new=before is None or before.granted == 0,
    )


def check_publisher(actor: Actor, plan: Plan) -> None:
    """Check that no row is filled that is a matter of the actor's own (rulebook §2.2), and that where two people
    decide, another person edited the plan last. Raise Forbidden."""
    _check_none_own(actor, plan, [row.id for row in plan.filled], "/rows/{}")
    check_second_person(actor, plan.last_edited_by, by_two=plan.by_two)


def check_fresh(plan: Plan, matters: Mapping[UUID, Matter], available: int) -> None:
    """Check that what the filled rows depend on, and the pool, are as the plan knows them. Raise PlanStale."""
    changes = [change for row in plan.filled if (change := _change_of(plan.kind, row, matters.get(row.id)))]
    pool = PoolChange(plan.available, available) if available != plan.available else None
    if changes or pool:
        raise PlanStale(changes=[asdict(change) for change in changes], pool=pool and asdict(pool))


def _change_of(kind: PlanKind, row: PlanRow, matter: Matter | None) -> PlanChange | None:
    def change(what: What, before: PlanFact | None, now: PlanFact | None) -> PlanChange:
        return PlanChange(row.id, row.organisation_name, what, before, now)

    is_member = matter is not None and matter.is_member
    if is_member != row.is_member:
        before, now = (PlanFact(None, "member", None) if each else None for each in (row.is_member, is_member))
        return change("membership", before, now)
    if matter is None:
        return change("request", row.wish, None)
    if matter.decision_id is not None:
        return change("decision", None, PlanFact(matter.decision_id, "decided", matter.granted))
    if row.wish != matter.wish:
        return change("proposal" if kind == "round" else "request", row.wish, matter.standing)
    return None


def check_pool_suffices(plan: Plan) -> None:
    """Check that the planned hours do not exceed the free hours of the pool. Raise PoolExceeded."""
    asked = sum(row.hours or 0 for row in plan.rows)
    if asked > plan.available:
        raise PoolExceeded(available=plan.available, asked=asked)


def compared(plan: Plan, other: Plan) -> PlanComparison:
    """Compare two plans of one year and kind. Raise Invalid for others."""
    if (plan.year, plan.kind) != (other.year, other.kind):
        raise Invalid(Fault("", "other-plan", parameter="other_id"))
    rows = sorted({**other.by_id, **plan.by_id}.values(), key=lambda row: (sort_key_of(row.organisation_name), row.id))
    items = [_compared(row, _hours_in(plan, row.id), _hours_in(other, row.id)) for row in rows]
    hours, other_hours = sum(item.hours or 0 for item in items), sum(item.other_hours or 0 for item in items)
    return PlanComparison(items, ComparedTotals(hours, other_hours, other_hours - hours))


def _hours_in(plan: Plan, row_id: UUID) -> int | None:
    return plan.by_id[row_id].hours if row_id in plan.by_id else None


def _compared(row: PlanRow, hours: int | None, other_hours: int | None) -> ComparedItem:
    return ComparedItem(row.id, row.organisation_name, hours, other_hours, (other_hours or 0) - (hours or 0))


def sums_of(plan: Plan) -> PlanSums:
    hours = sum(row.hours or 0 for row in plan.rows)
    return PlanSums(
        rows=len(plan.rows),
        filled=len(plan.filled),
        hours=hours,
        asked=sum(row.asked or 0 for row in plan.rows),
        available=plan.available,
        left=plan.available - hours,
    )
