"""`/v1/decision-plans`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from app.api.conventions import Edit, EditOnce, NoBody, Read, Write
from app.api.files import PDF, Download, giving
from app.api.languages import language_of
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, AnyHours, Body, ByRow, ChangedSince, Line, Several, Text, Year, Years
from app.db.paging import Slice
from app.domain.hours.plans import DecisionPlan, DecisionPlanSummary, PlanComparison, PlanState
from app.domain.hours.simulation import Method, Parameters, PlanKind
from app.domain.organisations.organisations import Language
from app.services.hours import letters, plans

router = APIRouter(
    prefix="/decision-plans",
    route_class=Operation,
    tags=[
        Tag(
            "Decision plans",
            "Decisions that staff prepare for a proposal round or a change window, simulate, and publish together.",
        )
    ],
)


class DecisionPlanIn(Body):
    year: Year
    name: Line
    """Name of the plan."""
    kind: PlanKind
    """Subject of the plan: the proposals of a `round`, or the requests of a change `window`."""


class PlanRowPatch(Body):
    hours: AnyHours | None = UNSAID
    """Hours to be granted. `null` empties the row, which a publication then leaves undecided."""
    reason: Text | None = UNSAID
    """Reason for the decision. `null` if none is given."""


class DecisionPlanPatch(Body):
    name: Line = UNSAID
    rows: ByRow[PlanRowPatch | None] = UNSAID
    """Rows to change, by ID. Other rows stay as they are. `null` empties a row."""


Weight = Annotated[int, Field(strict=True, ge=0, le=1_000)]


class SimulationParametersIn(Body):
    cap: AnyHours | None = None
    """Most hours to plan. `null` for the free hours of the pool."""
    weights: Annotated[ByRow[Weight], Field(default_factory=dict)]
    """Weights of rows, by ID: 100 unless named. A row of weight 0 gets hours after all others."""
    floors: Annotated[ByRow[AnyHours], Field(default_factory=dict)]
    """Lowest hours of rows, by ID, up to what was requested."""
    ceilings: Annotated[ByRow[AnyHours], Field(default_factory=dict)]
    """Highest hours of rows, by ID."""
    years: Annotated[int, Field(strict=True, ge=1, le=5)] = 3
    """Number of years before the plan's year that count as history."""
    minimum: AnyHours | None = None
    """Hours that everyone gets first, up to what was requested. The method `minimum_first` needs it."""
    need_percent: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    """Share of the requested hours that counts as need. The method `needs_then_history` needs it."""
    new_member_hours: AnyHours | None = None
    """Hours that an organisation without any in the years before gets, at most what was requested. `null` for no such
    limit."""


class SimulationIn(Body):
    method: Method
    """Method that divides the hours among the rows with a wish."""
    parameters: Annotated[SimulationParametersIn, Field(default_factory=SimulationParametersIn)]
    """Parameters of the method. All are optional unless the method needs them."""
    overrides: Annotated[ByRow[AnyHours], Field(default_factory=dict)]
    """Hours of rows that the simulation leaves as they are given here, by ID."""


@router.post("", status_code=201, responses=refusing("year-closed"))
@operation(people_only=True)
async def create_decision_plan(writer: Write, body: DecisionPlanIn) -> DecisionPlan:
    """Create a decision plan.

    A plan of a round has a row for each central organisation that is a member in the year and has no decision. A plan
    of a window has one for each supplementary request that is open. The rows are empty at first. A plan is no decision.

    **Who:** staff.
    """
    return await plans.make_plan(writer, year=body.year, name=body.name, kind=body.kind)


@router.get("", response_model=Page[DecisionPlanSummary])
@operation(people_only=True)
async def list_decision_plans(
    reader: Read,
    page: Paging,
    year: Years = None,
    kind: Several[PlanKind] = None,
    state: Several[PlanState] = None,
    changed_since: ChangedSince = None,
) -> Slice[DecisionPlanSummary]:
    """List decision plans.

    The newest come first. The rows are not included.

    **Who:** staff, auditors.
    """
    return await plans.list_plans(reader, page, year=year, kind=kind, state=state, changed_since=changed_since)


@router.get("/{plan_id}")
@operation(people_only=True)
async def get_decision_plan(reader: Read, plan_id: UUID) -> DecisionPlan:
    """Get a decision plan.

    Includes all rows, with the hours planned and how they came about.

    **Who:** staff, auditors.
    """
    return await plans.get_plan(reader, plan_id)


@router.get("/{plan_id}/document", **giving(PDF))
@operation(people_only=True)
async def get_decision_plan_document(
    reader: Read, plan_id: UUID, language: Annotated[Language, Depends(language_of("document"))]
) -> Download:
    """Get the draft of a decision plan.

    Returns a PDF with all rows. Each page says that it is a draft and not a decision.

    **Who:** staff, auditors.
    """
    draft = await letters.get_draft(reader, plan_id, language)
    return Download(draft, PDF, f"decision-plan-{plan_id}.pdf", language, is_chosen=True)


@router.patch("/{plan_id}", responses=refusing("wrong-state"))
@operation(people_only=True)
async def change_decision_plan(writer: Edit, plan_id: UUID, body: DecisionPlanPatch) -> DecisionPlan:
    """Change a decision plan.

    Changes the name, and the hours and reasons of the named rows.

    **Who:** staff, except for rows of their own organisations and proposals.
    """
    return await plans.change_plan(writer, plan_id, body.given(), writer.expected)


@router.post("/{plan_id}/simulation", responses=refusing("wrong-state", "pool-exceeded"))
@operation(people_only=True)
async def simulate_decision_plan(writer: Edit, plan_id: UUID, body: SimulationIn) -> DecisionPlan:
    """Simulate a decision plan.

    Fills the rows by a method and says why each row gets its hours. Rows without a wish, and rows of your own, stay as
    they are. With `validate_only` the result is only shown.

    **Who:** staff.
    """
    return await plans.simulate_plan(
        writer,
        plan_id,
        writer.expected,
        method=body.method,
        parameters=Parameters(**body.parameters.model_dump()),
        overrides=body.overrides,
    )


@router.post("/{plan_id}/refresh", responses=refusing("wrong-state"))
@operation(people_only=True)
async def refresh_decision_plan(writer: Write, plan_id: UUID, _: NoBody = None) -> DecisionPlan:
    """Refresh a decision plan.

    Takes in the present proposals, requests and free hours of the pool. Rows that have ended go, new ones come empty,
    and the hours stay. It does not count as an edit.

    **Who:** staff.
    """
    return await plans.refresh_plan(writer, plan_id)


@router.post("/{plan_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_decision_plan(writer: Write, plan_id: UUID, _: NoBody = None) -> DecisionPlan:
    """Withdraw a decision plan.

    The plan must be a draft. Nothing is decided.

    **Who:** staff.
    """
    return await plans.withdraw_plan(writer, plan_id)


@router.post(
    "/{plan_id}/publication",
    responses=refusing("wrong-state", "not-a-member", "plan-stale", "pool-exceeded"),
)
@operation(people_only=True)
async def publish_decision_plan(writer: EditOnce, plan_id: UUID, _: NoBody = None) -> DecisionPlan:
    """Publish a decision plan.

    Makes the decisions of all filled rows, or none. Empty rows stay undecided. If a proposal, a request, a membership
    or the pool has changed since the plan took them in, the problem `plan-stale` lists the changes. If a row is in the
    way, `pointer` is its place in a change of the plan, `/rows/{id}`.

    **Who:** staff, unless a row of their own is filled.
    """
    return await plans.publish_plan(writer, plan_id, writer.expected)


@router.get("/{plan_id}/comparison/{other_id}")
@operation(people_only=True)
async def compare_decision_plans(reader: Read, plan_id: UUID, other_id: UUID) -> PlanComparison:
    """Compare two decision plans.

    Shows the hours of each row in both plans, which must be of the same year and kind.

    **Who:** staff, auditors.
    """
    return await plans.compare_plans(reader, plan_id, other_id)
