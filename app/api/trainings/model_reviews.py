"""Reviews of versions of training models: `…/reviewers`, `…/opinion` and `…/decision`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.conventions import Read, Write, WriteOnce
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import IN_DIGITS, Body, Text
from app.api.trainings.model_versions import NumberPath
from app.domain.trainings.model_reviews import FEWEST_REVIEWERS, ModelReview, Opinion, VersionOutcome
from app.domain.trainings.model_versions import ModelVersion
from app.services.trainings import model_reviews

router = APIRouter(
    prefix="/training-models/{model_id}/versions/{number}", route_class=Operation, tags=["Training models"]
)
Submission = Annotated[
    int | None,
    Query(ge=1, le=10_000, description="Submission whose review is shown, from 1. Unless said, the last one."),
    IN_DIGITS,
]


class ReviewersIn(Body):
    person_ids: Annotated[list[UUID], Field(min_length=FEWEST_REVIEWERS, max_length=20)]
    """IDs of two or more staff members, none of them the expert of the model or a main user of the organisation."""


class OpinionIn(Body):
    opinion: Opinion
    """`for` or `against` the version."""
    text: Text
    """Grounds for the opinion."""


class VersionDecisionIn(Body):
    outcome: VersionOutcome
    """`approved`, `sent_back` for more work, or `rejected`."""
    reason: Text | None = None
    """Reason. Required unless the version is approved and all opinions are `for`. `null` if none is given."""


@router.put("/reviewers", responses=refusing("wrong-state", "not-a-member"))
@operation(people_only=True)
async def name_training_model_reviewers(
    writer: Write, model_id: UUID, number: NumberPath, body: ReviewersIn
) -> ModelReview:
    """Set the reviewers of a version.

    Possible while the version is in review and before the first opinion. Afterwards only those are replaced who can
    review no longer, for example because they have left the staff. A minor change has no reviewers: the expert decides.

    **Who:** staff, except those whose own matter it is.
    """
    return await model_reviews.name_reviewers(writer, model_id, number, person_ids=body.person_ids)


@router.get("/reviewers")
@operation(scope="trainings:read", personal_data=True)
async def get_training_model_review(
    reader: Read, model_id: UUID, number: NumberPath, submission: Submission = None
) -> ModelReview:
    """Get the review of a version.

    Returns the reviewers and their opinions. Every submission has a review of its own.

    **Who:** main users, staff, auditors.
    """
    return await model_reviews.get_review(reader, model_id, number, submission=submission)


@router.put("/opinion", responses=refusing("wrong-state", "not-a-member"))
@operation(people_only=True)
async def give_training_model_opinion(
    writer: Write, model_id: UUID, number: NumberPath, body: OpinionIn
) -> ModelReview:
    """Set your opinion on a version.

    It can be changed until the decision.

    **Who:** reviewers of the version.
    """
    return await model_reviews.give_opinion(writer, model_id, number, opinion=body.opinion, text=body.text)


@router.post("/decision", responses=refusing("wrong-state", "not-a-member", "opinions-missing"))
@operation(people_only=True)
async def decide_training_model_version(
    writer: WriteOnce, model_id: UUID, number: NumberPath, body: VersionDecisionIn
) -> ModelVersion:
    """Decide a version of a training model.

    Possible when every reviewer has given an opinion. A minor change needs none.

    **Who:** reviewers of the version, the expert if it is a minor change.
    """
    return await model_reviews.decide_version(writer, model_id, number, outcome=body.outcome, reason=body.reason)
