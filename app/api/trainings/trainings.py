"""`/v1/trainings`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from app.api.conventions import Edit, Read, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, ChangedSince, Day, Line, References, SearchText, Several, Year, Years
from app.api.trainings.plans import PlanIn
from app.api.trainings.topic_classes import TopicCode
from app.db.paging import Slice
from app.domain.trainings.trainings import (
    MOST_COPIES,
    Mode,
    Phase,
    Training,
    Trainings,
    TrainingState,
    TrainingSummary,
)
from app.services.trainings import trainings
from app.services.trainings.trainings import PlanListFilters

router = APIRouter(
    prefix="/trainings",
    route_class=Operation,
    tags=[
        Tag(
            "Training courses",
            "Plans of training courses, which reserve hours when they are submitted. The study centre approves them.",
        )
    ],
)


class TrainingIn(PlanIn):
    organisation_id: UUID
    """ID of the organisation that runs the course."""
    year: Year
    """Year of all sessions."""
    name: Line
    """Name of the training course."""


class TrainingPatch(PlanIn):
    name: Line = UNSAID
    """Name of the training course."""


class CopiesIn(Body):
    starts_on: Annotated[list[Day], Field(min_length=1, max_length=MOST_COPIES)]
    """Day of the first session of each copy. All other sessions follow at the same distance and time of day."""


async def plan_filters(
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    state: Several[TrainingState] = None,
    phase: Several[Phase] = None,
    topic: Several[TopicCode] = None,
    mode: Several[Mode] = None,
    supported: Annotated[bool | None, Query(description="Only subsidised items, or only others.")] = None,
    starts_from: Annotated[Day | None, Query(description="Only items that begin on this day or later.")] = None,
    starts_until: Annotated[Day | None, Query(description="Only items that begin on this day or earlier.")] = None,
    reference: References = None,
    changed_since: ChangedSince = None,
) -> PlanListFilters:
    return {
        "organisation_id": organisation_id,
        "under": under,
        "year": year,
        "state": state,
        "phase": phase,
        "topic": topic,
        "mode": mode,
        "supported": supported,
        "starts_from": starts_from,
        "starts_until": starts_until,
        "reference": reference,
        "changed_since": changed_since,
    }


PlanFilters = Annotated[PlanListFilters, Depends(plan_filters)]
"""The filters of a list of plans, of training courses or of peer groups."""


@router.post("", status_code=201, responses=refusing("not-found", "wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def add_training(writer: Write, body: TrainingIn) -> Training:
    """Add a training course.

    Creates a draft of the plan. Drafts can be added at any time, and the rest of the plan by its submission. A version
    of a training model that is in use sets `goals`, `content` and `methods`; other values for them are an error.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    fields = body.fields()
    return await trainings.add_training(
        writer, "training", organisation_id=fields.pop("organisation_id"), year=fields.pop("year"), fields=fields
    )


@router.get("", response_model=Page[TrainingSummary])
@operation(scope="trainings:read", csv=True)
async def list_trainings(
    reader: Read,
    page: Paging,
    filters: PlanFilters,
    model_id: Several[UUID] = None,
    q: SearchText = None,
) -> Slice[TrainingSummary]:
    """List training courses.

    The newest come first. `q` finds words of the name, the target group and the content.

    **Who:** everyone with a role, within their reach.
    """
    return await trainings.list_trainings(reader, "training", page, q=q, model_id=model_id, **filters)


@router.get("/{training_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_training(reader: Read, training_id: UUID) -> Training:
    """Get a training course.

    Includes the complete plan, its hours and the days on which something is due.

    **Who:** everyone with a role, within their reach.
    """
    return await trainings.get_training(reader, "training", training_id)


@router.patch(
    "/{training_id}",
    responses=refusing("wrong-state", "not-a-member", "decision-required", "runs-no-trainings", "quota-exceeded"),
)
@operation(scope="trainings:write")
async def change_training(writer: Edit, training_id: UUID, body: TrainingPatch) -> Training:
    """Change a training course.

    Drafts and plans that were sent back can be changed freely. Of an approved plan, texts, trainers, marketing and
    enrolment can be changed, and hours and participants reduced, but no session that has begun, and no sessions, hours
    or participants once the cost statement is submitted. Freed hours become available immediately. An open change keeps
    the hours that it needs.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await trainings.change_training(
        writer, "training", training_id, changes=body.fields(), expected=writer.expected
    )


@router.post("/{training_id}/copies", status_code=201, response_model=Trainings, responses=NO_LOCATION)
@operation(scope="trainings:write")
async def copy_training(writer: Write, training_id: UUID, body: CopiesIn) -> Created:
    """Copy a training course.

    Adds a draft for each day, with the same plan and with sessions that begin on that day. The version of a training
    model is copied too, and checked when the copy is submitted.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    copies = await trainings.copy_training(writer, "training", training_id, starts_on=body.starts_on)
    return Created(Trainings(copies), location=None)
