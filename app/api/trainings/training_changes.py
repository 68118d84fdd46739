"""`/v1/trainings/{id}/changes`."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Text
from app.api.trainings.trainings import TrainingPatch
from app.db.paging import Slice
from app.domain.trainings.training_changes import TrainingChange
from app.services.trainings import training_changes

router = APIRouter(prefix="/trainings/{training_id}/changes", route_class=Operation, tags=["Training courses"])


class ChangeDecisionIn(Body):
    outcome: Literal["approved", "rejected"]
    """`approved` changes the plan, `rejected` keeps it as it is."""
    reason: Text | None = None
    """Reason. Required for a rejection. `null` if none is given."""


@router.post(
    "",
    status_code=201,
    responses=refusing(
        "wrong-state",
        "already-exists",
        "activity-not-supported",
        "not-a-member",
        "runs-no-trainings",
        "plan-window-closed",
        "quota-exceeded",
    ),
)
@operation(scope="trainings:write")
async def submit_training_change(writer: WriteOnce, training_id: UUID, body: TrainingPatch) -> TrainingChange:
    """Submit a change of an approved plan.

    The body has the fields that change. More hours are reserved immediately, and the present plan is in force until the
    decision. The last day is the day before the first session that the change alters. If it alters none, the last day
    is the day before the first session that has not ended. When all have ended, the error is `wrong-state`, with
    `because` of `course-ended`.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await training_changes.submit_change(writer, "training", training_id, fields=body.fields())


@router.get("", response_model=Page[TrainingChange])
@operation(scope="trainings:read", personal_data=True)
async def list_training_changes(reader: Read, page: Paging, training_id: UUID) -> Slice[TrainingChange]:
    """List the changes of a plan.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await training_changes.list_changes(reader, "training", page, training_id)


@router.get("/{change_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_training_change(reader: Read, training_id: UUID, change_id: UUID) -> TrainingChange:
    """Get a change of a plan.

    Includes the complete plan with the change.

    **Who:** everyone with a role, within their reach.
    """
    return await training_changes.get_change(reader, "training", training_id, change_id)


@router.post(
    "/{change_id}/decision",
    responses=refusing(
        "wrong-state", "activity-not-supported", "year-closed", "not-a-member", "runs-no-trainings", "quota-exceeded"
    ),
)
@operation(people_only=True)
async def decide_training_change(
    writer: WriteOnce, training_id: UUID, change_id: UUID, body: ChangeDecisionIn
) -> TrainingChange:
    """Decide a change of a plan.

    What is approved is the present plan with the change, which is checked as at its submission.

    **Who:** staff, except those whose own matter it is.
    """
    return await training_changes.decide_change(
        writer, "training", training_id, change_id, outcome=body.outcome, reason=body.reason
    )


@router.post("/{change_id}/withdrawal", responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def withdraw_training_change(
    writer: Write, training_id: UUID, change_id: UUID, _: NoBody = None
) -> TrainingChange:
    """Withdraw a change of a plan.

    Possible until the change has been decided. Frees the hours that it added.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await training_changes.withdraw_change(writer, "training", training_id, change_id)
