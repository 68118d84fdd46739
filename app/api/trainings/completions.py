"""`/v1/trainings/{id}/completions` and `/v1/completions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, Strict

from app.api.conventions import PlainWrite, RecordedList, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import Ids, ReadAgain, operation
from app.api.shapes import UNSAID, WHOLE, Body, ChangedSince, Day, Flag, Line, Several, Text
from app.db.paging import Slice
from app.db.sessions import Writer
from app.domain.trainings.completions import (
    MOST_AT_A_TIME,
    Completion,
    CompletionEntry,
    CompletionFinding,
    CompletionKind,
    CompletionOutcome,
    Completions,
    CompletionState,
)
from app.services.trainings import completions

trainings_router = APIRouter(
    prefix="/trainings/{training_id}/completions",
    route_class=Operation,
    tags=[
        Tag(
            "Completions",
            "What participants of training courses from training models have completed, and who has claimed to be one "
            "of them.",
        )
    ],
)
router = APIRouter(prefix="/completions", route_class=Operation, tags=["Completions"])

Grade = Annotated[int, Strict(), Field(ge=1, le=5), WHOLE]


class CompletionFindingIn(Body):
    outcome: CompletionOutcome
    """Outcome."""
    completed_on: Day
    """Day of the completion, from the first session to today, within the `completion_years` of the study centre."""
    assessed_by: Line
    """Name or role of the person who assessed it."""
    kind: CompletionKind = "course"
    """`course`, or `recognition` of what was learned elsewhere."""
    grade: Grade | None = None
    """Grade from 1 to 5, required if the outcome is `passed` and the model has grades. Otherwise `null`."""
    attended: Flag | None = None
    """Whether the participant took part. It is `true` if a course is passed. `null` if not given."""
    grounds: Text | None = None
    """Grounds, required if a recognition is passed. `null` if not given."""

    def finding(self) -> CompletionFinding:
        return CompletionFinding(
            outcome=self.outcome,
            completed_on=self.completed_on,
            assessed_by=self.assessed_by,
            kind=self.kind,
            grade=self.grade,
            attended=self.attended,
            grounds=self.grounds,
        )


class CompletionIn(CompletionFindingIn):
    participant_id: UUID
    """ID of the participant."""


class CompletionsIn(Body):
    items: Annotated[list[CompletionIn], Field(min_length=1, max_length=MOST_AT_A_TIME)]
    """Completions to record, one of each participant."""


class CompletionCorrectionIn(CompletionFindingIn):
    name: Line = UNSAID
    """Name of the participant. It stays as it was if it is not given."""
    reason: Text
    """Reason for the correction."""


def _ids_of(shown: Completion | Completions) -> Ids:
    return [each.id for each in shown.items] if isinstance(shown, Completions) else shown.id


async def _read(writer: Writer, ids: Ids) -> Created:
    return _created(await completions.read_again(writer, ids))


def _created(shown: Completion | Completions) -> Created:
    return Created(shown, None if isinstance(shown, Completions) else f"/v1/completions/{shown.id}")


READ_AGAIN = ReadAgain(_ids_of, _read)
"""The completion, or those that were recorded together."""


@trainings_router.post(
    "",
    status_code=201,
    response_model=Completions,
    responses=refusing("wrong-state", "training-not-over", "already-exists") | NO_LOCATION,
)
@operation(scope="participants:write", personal_data=True, secret_answer=True, read_again=READ_AGAIN)
async def record_training_completions(writer: WriteOnce, training_id: UUID, body: CompletionsIn) -> Created:
    """Record completions of a training course.

    Records what participants have completed, all or none. The course is made from a training model, and is approved or
    has lapsed after its approval. Possible from the time at which its last session begins. A participant has one
    completion in force. Nobody records what concerns themselves.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    entries = [CompletionEntry(item.participant_id, item.finding()) for item in body.items]
    return _created(await completions.record_completions(writer, training_id, entries))


@trainings_router.get("", response_model=Page[Completion])
@operation(scope="participants:read", personal_data=True, csv=True)
async def list_training_completions(
    writer: RecordedList,
    page: Paging,
    training_id: UUID,
    state: Several[CompletionState] = None,
    changed_since: ChangedSince = None,
) -> Slice[Completion]:
    """List the completions of a training course.

    The newest come first. Each reading by staff is recorded in the audit. Learners see their own.

    **Who:** training managers of the organisation, its unit managers and main users, staff named to see participants;
    learners their own.
    """
    return await completions.list_completions(writer, page, training_id, state=state, changed_since=changed_since)


@router.get("/{completion_id}")
@operation(scope="participants:read", personal_data=True)
async def get_completion(writer: PlainWrite, completion_id: UUID) -> Completion:
    """Get a completion.

    Each reading by staff is recorded in the audit.

    **Who:** training managers of the organisation, its unit managers and main users, staff named to see participants;
    learners their own.
    """
    return await completions.get_completion(writer, completion_id)


@router.post(
    "/{completion_id}/correction", status_code=201, response_model=Completion, responses=refusing("wrong-state")
)
@operation(scope="participants:write", personal_data=True, secret_answer=True, read_again=READ_AGAIN)
async def correct_completion(writer: WriteOnce, completion_id: UUID, body: CompletionCorrectionIn) -> Created:
    """Correct a completion.

    Records another completion in its place, which may also correct the name. The old one becomes `corrected` and never
    changes otherwise. Nobody corrects what concerns themselves.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    name = body.name if "name" in body.model_fields_set else None
    corrected = await completions.correct_completion(
        writer, completion_id, body.finding(), name=name, reason=body.reason
    )
    return _created(corrected)
