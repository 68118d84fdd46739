"""`/v1/training-models`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, Strict

from app.api.conventions import Edit, NoBody, Read, Write, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, WHOLE, Body, ChangedSince, Flag, Line, Several, Text
from app.db.paging import Slice
from app.domain.trainings.models import (
    CRITERIA,
    MOST_EXPECTED_CREDITS,
    Criterion,
    CriterionFinding,
    ModelContact,
    ModelState,
    ScreeningOutcome,
    TrainingModel,
)
from app.services.trainings import models

router = APIRouter(
    prefix="/training-models",
    route_class=Operation,
    tags=[
        Tag(
            "Training models",
            "Courses that central organisations plan by competence and rate in study credits together with the study "
            "centre. A model is the proposal, and its versions have the content and the review.",
        )
    ],
)
ExpectedCredits = Annotated[int, Strict(), Field(ge=1, le=MOST_EXPECTED_CREDITS), WHOLE]


class TrainingModelIn(Body):
    organisation_id: UUID
    """ID of a central organisation."""
    name: Line
    """Name."""
    idea: Text
    """Idea of the course."""
    target_group: Text
    """Target group."""
    expected_credits: ExpectedCredits
    """Expected extent in study credits."""
    grounds: Text
    """Grounds for the model."""


class TrainingModelPatch(Body):
    name: Line = UNSAID
    idea: Text = UNSAID
    target_group: Text = UNSAID
    expected_credits: ExpectedCredits = UNSAID
    grounds: Text = UNSAID


class CriterionFindingIn(Body):
    criterion: Criterion
    """Criterion."""
    met: Flag
    """Whether the criterion is met."""
    note: Text | None = None
    """Note on the finding. `null` if none is given."""


class ScreeningIn(Body):
    outcome: ScreeningOutcome
    """`accepted` begins the work on the first version, `rejected` ends the proposal."""
    criteria: Annotated[list[CriterionFindingIn], Field(max_length=2 * len(CRITERIA))]
    """Findings, one for each of the seven criteria."""
    reason: Text | None = None
    """Reason. Required for a rejection. `null` if none is given."""


class ExpertIn(Body):
    person_id: UUID
    """ID of a staff member who reviews no open version of the model."""


class ArchivingIn(Body):
    reason: Text
    """Reason for archiving the model."""


@router.post("", status_code=201, responses=refusing("not-found", "not-central", "not-a-member"))
@operation(scope="trainings:write")
async def propose_training_model(writer: WriteOnce, body: TrainingModelIn) -> TrainingModel:
    """Propose a training model.

    The organisation is a central one and a member today. Staff screen the proposal.

    **Who:** main users.
    """
    return await models.propose_model(
        writer,
        organisation_id=body.organisation_id,
        name=body.name,
        idea=body.idea,
        target_group=body.target_group,
        expected_credits=body.expected_credits,
        grounds=body.grounds,
    )


@router.get("", response_model=Page[TrainingModel])
@operation(scope="trainings:read")
async def list_training_models(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    state: Several[ModelState] = None,
    expert_id: Several[UUID] = None,
    changed_since: ChangedSince = None,
) -> Slice[TrainingModel]:
    """List training models.

    The newest come first. Models that have not been accepted are shown to main users, staff and auditors only.

    **Who:** everyone with a role in the tree of the central organisation, staff, auditors.
    """
    return await models.list_models(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        state=state,
        expert_id=expert_id,
        changed_since=changed_since,
    )


@router.get("/{model_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_training_model(reader: Read, model_id: UUID) -> TrainingModel:
    """Get a training model.

    A model that has not been accepted is shown to main users, staff and auditors only.

    **Who:** everyone with a role in the tree of the central organisation, staff, auditors.
    """
    return await models.get_model(reader, model_id)


@router.patch("/{model_id}", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def change_training_model(writer: Edit, model_id: UUID, body: TrainingModelPatch) -> TrainingModel:
    """Change a training model.

    Possible until the proposal has been screened.

    **Who:** main users.
    """
    return await models.change_model(writer, model_id, changes=body.given(), expected=writer.expected)


@router.post("/{model_id}/withdrawal", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def withdraw_training_model(writer: Write, model_id: UUID, _: NoBody = None) -> TrainingModel:
    """Withdraw a training model.

    Possible until the proposal has been screened.

    **Who:** main users.
    """
    return await models.withdraw_model(writer, model_id)


@router.post("/{model_id}/screening", responses=refusing("wrong-state", "not-a-member", "criteria-unmet"))
@operation(people_only=True)
async def screen_training_model(writer: WriteOnce, model_id: UUID, body: ScreeningIn) -> TrainingModel:
    """Screen a training model.

    Accepts or rejects the proposal by the seven criteria. What is accepted meets all of them. The screener becomes the
    expert of the model, and its first version begins, which waits for the organisation.

    **Who:** staff, except those whose own matter it is.
    """
    return await models.screen_model(
        writer,
        model_id,
        outcome=body.outcome,
        criteria=[CriterionFinding(finding.criterion, finding.met, finding.note) for finding in body.criteria],
        reason=body.reason,
    )


@router.put("/{model_id}/expert", responses=refusing("wrong-state", "not-a-member"))
@operation(people_only=True)
async def name_training_model_expert(writer: Write, model_id: UUID, body: ExpertIn) -> TrainingModel:
    """Set the expert of a training model.

    The expert is a staff member who reviews no open version of the model and is no main user of the organisation.

    **Who:** staff, except those whose own matter it is.
    """
    return await models.name_expert(writer, model_id, person_id=body.person_id)


@router.get("/{model_id}/contact")
@operation(scope="trainings:read", personal_data=True)
async def get_training_model_contact(reader: Read, model_id: UUID) -> ModelContact:
    """Get the contact of a training model.

    Returns the expert of the model. Before the screening, and when the expert has left the staff, it is the contact
    person of the organisation.

    **Who:** everyone with a role in the tree of the central organisation, staff, auditors.
    """
    return await models.get_contact(reader, model_id)


@router.post("/{model_id}/archiving", responses=refusing("wrong-state", "not-a-member"))
@operation(people_only=True)
async def archive_training_model(writer: Write, model_id: UUID, body: ArchivingIn) -> TrainingModel:
    """Archive a training model.

    Possible while the model has no open version. No new courses are made from the model, and those under way continue.

    **Who:** main users, staff.
    """
    return await models.archive_model(writer, model_id, reason=body.reason)
