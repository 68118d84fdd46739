"""`/v1/training-models/{id}/versions`."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field, Strict

from app.api.conventions import Edit, NoBody, Read, Write, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import IN_DIGITS, UNSAID, WHOLE, Body, ChangedSince, Form, Line, Several, Text
from app.db.paging import Slice
from app.domain.trainings.model_versions import (
    LEAST_LEARNER_HOURS,
    MOST_LEARNER_HOURS,
    ModelVersion,
    Scale,
    VersionState,
)
from app.services.trainings import model_versions

router = APIRouter(prefix="/training-models/{model_id}/versions", route_class=Operation, tags=["Training models"])
NumberPath = Annotated[
    int, Path(ge=1, le=32_767, description="Number of the version within its model, from 1."), IN_DIGITS
]
LearnerHours = Annotated[int, Strict(), Field(ge=LEAST_LEARNER_HOURS, le=MOST_LEARNER_HOURS), WHOLE]
StudyUnitCode = Annotated[str, Form("study-unit-format", r"^[0-9]{1,6}$")]


class ModelVersionIn(Body):
    change: Literal["substantial", "minor"]
    """Kind of the change. A minor one may change `texts`, `content`, `methods` and `prerequisites` only."""
    reason: Text
    """Reason for the change."""


class ModelTextIn(Body):
    name: Line | None = UNSAID
    """Name of the course. `null` if not given."""
    goals: Annotated[list[Line], Field(max_length=20)] = UNSAID
    """Learning goals."""
    certificate_text: Text | None = UNSAID
    """Text of the certificate. `null` if not given."""


class ModelTextsIn(Body):
    fi: ModelTextIn | None = UNSAID
    """Texts in Finnish. `null` if not given."""
    sv: ModelTextIn | None = UNSAID
    """Texts in Swedish. `null` if not given."""
    en: ModelTextIn | None = UNSAID
    """Texts in English. `null` if not given."""


class AssessmentIn(Body):
    what: Text | None = UNSAID
    """Subject of the assessment. `null` if not given."""
    how: Text | None = UNSAID
    """Method of the assessment. `null` if not given."""
    by_whom: Text | None = UNSAID
    """Assessor, for example the trainer. `null` if not given."""
    scale: Scale | None = UNSAID
    """Scale: `pass_fail`, or the grades of `one_to_five`. `null` if not given."""


class KoskiStudyUnitIn(Body):
    code: StudyUnitCode = UNSAID
    """Code of the study unit in Koski, one to six digits."""
    name: Line = UNSAID
    """Name of the study unit."""


class ModelVersionPatch(Body):
    texts: ModelTextsIn = UNSAID
    """Texts by language."""
    content: Text | None = UNSAID
    """Content. `null` if not given."""
    assessment: AssessmentIn | None = UNSAID
    """Assessment of what has been learnt. `null` if not given."""
    methods: Text | None = UNSAID
    """Methods of teaching and study. `null` if not given."""
    learner_hours: LearnerHours | None = UNSAID
    """Hours of a learner's work. `null` if not given."""
    prerequisites: Text | None = UNSAID
    """Knowledge and skills that learners need before. `null` if none."""
    trainer_qualifications: Text | None = UNSAID
    """Qualifications that trainers need. `null` if not given."""
    koski_study_unit: KoskiStudyUnitIn | None = UNSAID
    """Study unit in Koski. `null` if completions are not reported to Koski."""

    def changes(self) -> dict[str, Any]:
        """The fields that are given, with the fields of their parts."""
        changes: dict[str, Any] = self.given()
        return changes


@router.post(
    "",
    status_code=201,
    response_model=ModelVersion,
    responses=refusing("wrong-state", "not-a-member", "already-exists"),
)
@operation(scope="trainings:write")
async def start_training_model_version(writer: WriteOnce, model_id: UUID, body: ModelVersionIn) -> Created:
    """Start a version of a training model.

    The version is a copy of the newest approved one, or of the newest one if none has been approved. A model has one
    open version at a time.

    **Who:** main users.
    """
    version = await model_versions.start_version(writer, model_id, change=body.change, reason=body.reason)
    return Created(version, f"/v1/training-models/{model_id}/versions/{version.number}")


@router.get("", response_model=Page[ModelVersion])
@operation(scope="trainings:read", personal_data=True)
async def list_training_model_versions(
    reader: Read,
    page: Paging,
    model_id: UUID,
    state: Several[VersionState] = None,
    changed_since: ChangedSince = None,
) -> Slice[ModelVersion]:
    """List the versions of a training model.

    The newest come first. Versions that have not been approved are shown to main users, staff and auditors only.

    **Who:** everyone with a role in the tree of the central organisation, staff, auditors.
    """
    return await model_versions.list_versions(reader, page, model_id, state=state, changed_since=changed_since)


@router.get("/{number}", responses=refusing("not-found"))
@operation(scope="trainings:read", personal_data=True)
async def get_training_model_version(reader: Read, model_id: UUID, number: NumberPath) -> ModelVersion:
    """Get a version of a training model.

    A version that has not been approved is shown to main users, staff and auditors only.

    **Who:** everyone with a role in the tree of the central organisation, staff, auditors.
    """
    return await model_versions.get_version(reader, model_id, number)


@router.patch("/{number}", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def change_training_model_version(
    writer: Edit, model_id: UUID, number: NumberPath, body: ModelVersionPatch
) -> ModelVersion:
    """Change a version of a training model.

    Possible while the version is in work or has been sent back. A minor change may alter `texts`, `content`, `methods`
    and `prerequisites` only.

    **Who:** main users.
    """
    return await model_versions.change_version(
        writer, model_id, number, changes=body.changes(), expected=writer.expected
    )


@router.post("/{number}/withdrawal", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def withdraw_training_model_version(
    writer: Write, model_id: UUID, number: NumberPath, _: NoBody = None
) -> ModelVersion:
    """Withdraw a version of a training model.

    Possible while the version is in work or has been sent back.

    **Who:** main users.
    """
    return await model_versions.withdraw_version(writer, model_id, number)


@router.post("/{number}/handover", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def hand_over_training_model_version(
    writer: Write, model_id: UUID, number: NumberPath, _: NoBody = None
) -> ModelVersion:
    """Hand over a version to the other side.

    Passes the turn from the organisation to the study centre for comments, or back. From the organisation a new round
    begins.

    **Who:** main users, the expert of the model.
    """
    return await model_versions.hand_over(writer, model_id, number)


@router.post("/{number}/submission", responses=refusing("wrong-state", "not-a-member", "comments-open"))
@operation(scope="trainings:write")
async def submit_training_model_version(
    writer: WriteOnce, model_id: UUID, number: NumberPath, _: NoBody = None
) -> ModelVersion:
    """Submit a version for review.

    Possible in the organisation's turn, when all sections but `prerequisites` and `koski_study_unit` are there, with
    `texts` in the organisation's language, and no comment is open. The content is fixed, and a review begins without
    reviewers.

    **Who:** main users.
    """
    return await model_versions.submit_version(writer, model_id, number)


@router.post("/{number}/activation", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def activate_training_model_version(
    writer: Write, model_id: UUID, number: NumberPath, _: NoBody = None
) -> ModelVersion:
    """Activate a version of a training model.

    Possible when the version has been approved and no later one is in use. The version in use before is superseded, and
    courses that are made from it keep it.

    **Who:** main users.
    """
    return await model_versions.activate_version(writer, model_id, number)
