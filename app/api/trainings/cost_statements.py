"""`/v1/cost-statements`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, Strict

from app.api.conventions import Edit, NoBody, Read, Write, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import (
    UNSAID,
    WHOLE,
    AnyHours,
    Body,
    ChangedSince,
    Day,
    Flag,
    References,
    Several,
    Text,
    Year,
    Years,
)
from app.api.trainings.plans import Cents, Headcount
from app.db.paging import Slice
from app.domain.errors import Fault, Invalid
from app.domain.trainings.cost_statements import (
    MOST_COSTS,
    CostStatement,
    CostStatements,
    CostStatementSummary,
    StatementDecision,
    StatementState,
)
from app.domain.trainings.outcomes import Outcome
from app.domain.trainings.participants import ParticipantCounts
from app.domain.trainings.support import Cost, Disallowed
from app.domain.trainings.support_rules import Activity, CostCategory
from app.domain.trainings.trainings import MOST_AT_A_TIME
from app.services.trainings import cost_statements, statement_decisions

router = APIRouter(
    prefix="/cost-statements",
    route_class=Operation,
    tags=[
        Tag(
            "Cost statements",
            "After a training course or peer group, its hours, participants and costs. The study centre approves the "
            "statement and decides the support.",
        )
    ],
)
batches = APIRouter(route_class=Operation, tags=["Cost statements"])


class ParticipantsIn(Body):
    of_age: Headcount
    """Number of participants who are old enough to count."""
    under_age: Headcount = 0
    """Number of participants who are younger."""
    female: Headcount = 0
    """Number of female participants."""
    male: Headcount = 0
    """Number of male participants."""
    other: Headcount = 0
    """Number of participants of another gender."""


class CostIn(Body):
    category: CostCategory
    """Category of the cost."""
    cents: Cents
    """Cost in cents."""
    note: Text | None = None
    """Note on the cost. `null` if there is none."""


class StatementDeclarationsIn(Body):
    booked: Flag = False
    """The costs are in the organisation's accounts."""
    separable: Flag = False
    """The costs are shown apart from others in the accounts."""
    other_state_support: Flag = False
    """The course or peer group has other support from the state."""
    adult_education_centre: Flag = False
    """The course or peer group was held with an adult education institute that is supported by the state."""


class ContentsIn(Body):
    """What may be written of a statement, all of it optional."""

    hours: AnyHours | None = UNSAID
    """Teaching hours that were held. `null` if not given."""
    participants: ParticipantsIn | None = UNSAID
    """Numbers of participants. `null` if not given. If there is a list of participants, they come from
    it."""
    costs: Annotated[list[CostIn], Field(max_length=MOST_COSTS)] = UNSAID
    """Costs."""
    other_grants_cents: Cents = UNSAID
    """Other grants, in cents."""
    participant_fees_cents: Cents = UNSAID
    """Fees that participants paid, in cents. They do not reduce the support."""
    currency: Literal["EUR"] = UNSAID
    """Currency of the costs."""
    declarations: StatementDeclarationsIn = UNSAID
    """Declarations of the organiser."""

    def fields(self) -> dict[str, Any]:
        """The fields that are given, as values of the domain."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: _PARTS[name](value) if name in _PARTS else value for name, value in given.items()}


_PARTS: dict[str, Any] = {
    "participants": lambda counts: counts and ParticipantCounts(**counts.model_dump()),
    "costs": lambda costs: [Cost(**cost.model_dump()) for cost in costs],
    # What is not declared stays as it is (RFC 7396).
    "declarations": lambda declarations: declarations.given(),
}


class CostStatementIn(ContentsIn):
    training_id: UUID | None = None
    """ID of the training course. `null` if the statement is about a peer group."""
    peer_group_id: UUID | None = None
    """ID of the peer group. `null` if the statement is about a training course."""

    def cause(self) -> tuple[Activity, UUID]:
        """What the statement is about. Raise Invalid for both, and for neither."""
        if self.training_id and self.peer_group_id:
            raise Invalid(Fault("/peer_group_id", "extra-forbidden"))
        if self.training_id:
            return "training", self.training_id
        if self.peer_group_id:
            return "peer_group", self.peer_group_id
        raise Invalid(Fault("/training_id", "missing"))

    def fields(self) -> dict[str, Any]:
        fields = super().fields()
        return {name: value for name, value in fields.items() if name not in ("training_id", "peer_group_id")}


class CostStatementPatch(ContentsIn):
    pass


class DisallowedIn(Body):
    category: CostCategory
    """Category of the cost."""
    cents: Annotated[int, Strict(), Field(ge=1, le=10**11), WHOLE]
    """Part of the costs that does not count, in cents."""
    reason: Text
    """Reason why it does not count."""


class StatementDecisionIn(Body):
    outcome: Outcome
    """`approved`, `sent_back` or `rejected`."""
    reason: Text | None = None
    """Reason. Required unless the statement is approved, and if `needs_reason` is not empty. `null` if none is
    given."""
    answer_by: Day | None = None
    """Last day to submit the statement again. Only with `sent_back`. `null` if it is in 14 days."""
    disallowed: Annotated[list[DisallowedIn], Field(max_length=MOST_COSTS, default_factory=list)]
    """Costs that do not count. Only with `approved`."""

    def decision(self, statement_id: UUID) -> StatementDecision:
        disallowed = [Disallowed(**each.model_dump()) for each in self.disallowed]
        return StatementDecision(statement_id, self.outcome, self.reason, self.answer_by, disallowed)


class StatementDecisionItem(StatementDecisionIn):
    statement_id: UUID
    """ID of the cost statement."""


class StatementDecisionsIn(Body):
    year: Year
    items: Annotated[list[StatementDecisionItem], Field(min_length=1, max_length=MOST_AT_A_TIME)]
    """Decisions, one for each cost statement."""


class ReversalIn(Body):
    reason: Text
    """Reason for the reversal."""


@router.post("", status_code=201, responses=refusing("not-found", "wrong-state", "already-exists"))
@operation(scope="trainings:write")
async def add_cost_statement(writer: Write, body: CostStatementIn) -> CostStatement:
    """Add a cost statement.

    Creates a draft for an approved training course, with `training_id`, or peer group, with `peer_group_id`. Each has
    one statement at a time.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    hour_type, cause_id = body.cause()
    return await cost_statements.add_statement(writer, hour_type, cause_id, body.fields())


@router.get("", response_model=Page[CostStatementSummary])
@operation(scope="trainings:read", csv=True)
async def list_cost_statements(
    reader: Read,
    page: Paging,
    training_id: Several[UUID] = None,
    peer_group_id: Several[UUID] = None,
    hour_type: Annotated[
        Activity | None, Query(description="Only items about training courses, or only about peer groups.")
    ] = None,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    state: Several[StatementState] = None,
    reference: References = None,
    changed_since: ChangedSince = None,
) -> Slice[CostStatementSummary]:
    """List cost statements.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await cost_statements.list_statements(
        reader,
        page,
        training_id=training_id,
        peer_group_id=peer_group_id,
        hour_type=hour_type,
        organisation_id=organisation_id,
        under=under,
        year=year,
        state=state,
        reference=reference,
        changed_since=changed_since,
    )


@router.get("/{statement_id}")
@operation(scope="trainings:read")
async def get_cost_statement(reader: Read, statement_id: UUID) -> CostStatement:
    """Get a cost statement.

    Includes its costs and its support, which is an estimate until the decision.

    **Who:** everyone with a role, within their reach.
    """
    return await cost_statements.get_statement(reader, statement_id)


@router.patch("/{statement_id}", responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def change_cost_statement(writer: Edit, statement_id: UUID, body: CostStatementPatch) -> CostStatement:
    """Change a cost statement.

    Drafts and statements that were sent back can be changed.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await cost_statements.change_statement(writer, statement_id, changes=body.fields(), expected=writer.expected)


@router.post("/{statement_id}/submission", responses=refusing("wrong-state", "window-closed"))
@operation(scope="trainings:write")
async def submit_cost_statement(writer: WriteOnce, statement_id: UUID, _: NoBody = None) -> CostStatement:
    """Submit a cost statement.

    Possible once the last session has ended. After `statement_due_on` of the plan the statement is late, and after
    `statement_last_on` it can be submitted only if it was sent back and `answer_by` has not passed. Without subsidy the
    statement is approved immediately.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await cost_statements.submit_statement(writer, statement_id)


@router.post(
    "/{statement_id}/decision",
    responses=refusing("wrong-state", "support-rules-unverified", "quota-exceeded", "year-closed"),
)
@operation(people_only=True)
async def decide_cost_statement(writer: WriteOnce, statement_id: UUID, body: StatementDecisionIn) -> CostStatement:
    """Decide a cost statement.

    Approves the statement, sends it back or rejects it. An approval uses the hours that were held, releases the rest
    and decides the support by the rules in force. A rejection releases all hours and is final.

    **Who:** staff, except those whose own matter it is.
    """
    return await statement_decisions.decide_statement(writer, body.decision(statement_id))


@batches.post(
    "/cost-statement-decisions",
    responses=refusing("not-found", "wrong-state", "support-rules-unverified", "quota-exceeded", "year-closed"),
)
@operation(people_only=True)
async def decide_cost_statements(writer: WriteOnce, body: StatementDecisionsIn) -> CostStatements:
    """Decide several cost statements.

    Makes all decisions or none.

    **Who:** staff, except those whose own matter one of them is.
    """
    items = [item.decision(item.statement_id) for item in body.items]
    return CostStatements(await statement_decisions.decide_statements(writer, year=body.year, items=items))


@router.post("/{statement_id}/reversal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def reverse_cost_statement(writer: WriteOnce, statement_id: UUID, body: ReversalIn) -> CostStatement:
    """Reverse the approval of a cost statement.

    Takes back the support and the hours that were used, also in a closed year, in which they lapse. Another statement
    can then be added.

    **Who:** staff, except those whose own matter it is.
    """
    return await statement_decisions.reverse_statement(writer, statement_id, reason=body.reason)
