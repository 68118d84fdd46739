"""Submission, endorsement and decision of plans: `/v1/trainings/{id}/…`, `/v1/training-submissions` and
`/v1/training-decisions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import NoBody, Write, WriteOnce
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, Text, Year
from app.domain.trainings.outcomes import EndorsementOutcome, Outcome
from app.domain.trainings.trainings import MOST_AT_A_TIME, ExceptionRule, Training, Trainings
from app.services.trainings import submissions
from app.services.trainings.submissions import TrainingDecision

router = APIRouter(prefix="/trainings/{training_id}", route_class=Operation, tags=["Training courses"])
batches = APIRouter(route_class=Operation, tags=["Training courses"])
POSSIBLE = (
    "wrong-state",
    "activity-not-supported",
    "year-closed",
    "not-a-member",
    "runs-no-trainings",
    "window-closed",
    "plan-window-closed",
    "quota-exceeded",
)
"""The refusals of a submission."""


class EndorsementIn(Body):
    outcome: EndorsementOutcome
    """`endorsed` sends the plan to the study centre, `sent_back` returns it to its maker, `rejected` ends it."""
    reason: Text | None = None
    """Reason. Required unless the plan is endorsed. `null` if none is given."""
    answer_by: Day | None = None
    """Last day to submit the plan again. Only with `sent_back`. `null` if it is 14 days from now."""


class TrainingDecisionIn(Body):
    outcome: Outcome
    """`approved`, `sent_back` or `rejected`."""
    reason: Text | None = None
    """Reason. Required unless the plan is approved. `null` if none is given."""
    answer_by: Day | None = None
    """Last day to submit the plan again. Only with `sent_back`. `null` if it is 14 days from now."""


class TrainingDecisionItem(TrainingDecisionIn):
    training_id: UUID
    """ID of the training course."""


class TrainingSubmissionsIn(Body):
    year: Year
    training_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_A_TIME)]
    """IDs of training courses of the year."""


class TrainingDecisionsIn(Body):
    year: Year
    items: Annotated[list[TrainingDecisionItem], Field(min_length=1, max_length=MOST_AT_A_TIME)]
    """Decisions, one for each training course."""


class ExceptionIn(Body):
    rule: ExceptionRule
    """`plan_window`: the plan may be submitted until a day, also after the start. `name`: the name that the peer group
    has now is accepted."""
    until: Day | None = None
    """Last day to submit the plan. Required for `plan_window`. `null` if the rule is `name`."""
    reason: Text
    """Reason for the exception."""


class CancellationIn(Body):
    reason: Text
    """Reason for the cancellation."""


@router.post("/submission", responses=refusing(*POSSIBLE))
@operation(scope="trainings:write")
async def submit_training(writer: WriteOnce, training_id: UUID, _: NoBody = None) -> Training:
    """Submit a plan.

    Reserves the hours of the plan, of the unit's allotment first and then of the common hours. A plan that was sent
    back keeps its hours, and only the difference moves. It can be submitted again until `answer_by`.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await submissions.submit_training(writer, "training", training_id)


@batches.post("/training-submissions", responses=refusing("not-found", *POSSIBLE))
@operation(scope="trainings:write")
async def submit_trainings(writer: WriteOnce, body: TrainingSubmissionsIn) -> Trainings:
    """Submit several plans.

    Submits all plans or none.

    **Who:** training managers of the organisations, their unit managers and main users.
    """
    return Trainings(await submissions.submit_trainings(writer, year=body.year, training_ids=body.training_ids))


@router.post("/endorsement", responses=refusing("wrong-state"))
@operation(people_only=True)
async def endorse_training(writer: WriteOnce, training_id: UUID, body: EndorsementIn) -> Training:
    """Endorse a plan.

    Decides whether the plan goes to the study centre, if the central organisation’s rules have plans go through the
    main user.

    **Who:** main users.
    """
    return await submissions.endorse_training(
        writer, "training", training_id, outcome=body.outcome, reason=body.reason, answer_by=body.answer_by
    )


@router.post("/decision", responses=refusing("wrong-state"))
@operation(people_only=True)
async def decide_training(writer: WriteOnce, training_id: UUID, body: TrainingDecisionIn) -> Training:
    """Decide a plan.

    Approves the plan, sends it back or rejects it. A rejection frees the hours.

    **Who:** staff, except those whose own matter it is.
    """
    return await submissions.decide_training(
        writer, "training", training_id, outcome=body.outcome, reason=body.reason, answer_by=body.answer_by
    )


@batches.post("/training-decisions", responses=refusing("not-found", "wrong-state"))
@operation(people_only=True)
async def decide_trainings(writer: WriteOnce, body: TrainingDecisionsIn) -> Trainings:
    """Decide several plans.

    Makes all decisions or none.

    **Who:** staff, except those whose own matter one of them is.
    """
    items = [TrainingDecision(**item.model_dump()) for item in body.items]
    return Trainings(await submissions.decide_trainings(writer, year=body.year, items=items))


@router.post("/exceptions", responses=refusing("wrong-state"))
@operation(people_only=True)
async def except_training(writer: Write, training_id: UUID, body: ExceptionIn) -> Training:
    """Grant an exception for a plan.

    Lets the plan be submitted until a day, whatever its plan window. An accepted name changes nothing for a training
    course, because only peer groups have rules for their names.

    **Who:** staff, except those whose own matter it is.
    """
    return await submissions.except_training(
        writer, "training", training_id, rule=body.rule, until=body.until, reason=body.reason
    )


@router.post("/withdrawal", responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def withdraw_training(writer: WriteOnce, training_id: UUID, _: NoBody = None) -> Training:
    """Withdraw a plan.

    Possible until the plan has been decided. Frees the hours.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await submissions.withdraw_training(writer, "training", training_id)


@router.post("/cancellation", responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def cancel_training(writer: WriteOnce, training_id: UUID, body: CancellationIn) -> Training:
    """Cancel a training course.

    Cancels an approved course of which nothing is held, and frees its hours. A course that was broken off is not
    cancelled: its cost statement has the hours that were held.

    **Who:** training managers of the organisation, its unit managers and main users, staff.
    """
    return await submissions.cancel_training(writer, "training", training_id, reason=body.reason)
