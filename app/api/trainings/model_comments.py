"""`/v1/training-models/{id}/versions/{number}/comments`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Several, Text
from app.api.trainings.model_versions import NumberPath
from app.db.paging import Slice
from app.domain.trainings.model_comments import ModelComment
from app.domain.trainings.model_versions import Section
from app.services.trainings import model_comments

router = APIRouter(
    prefix="/training-models/{model_id}/versions/{number}/comments", route_class=Operation, tags=["Training models"]
)


class ModelCommentIn(Body):
    section: Section
    """Field of the version that the comment is about."""
    text: Text
    """Text of the comment."""
    replies_to: UUID | None = None
    """ID of the comment to which this one replies, which is no reply itself. `null` if it is no reply."""


@router.post("", status_code=201, responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def add_training_model_comment(
    writer: Write, model_id: UUID, number: NumberPath, body: ModelCommentIn
) -> ModelComment:
    """Add a comment to a version.

    Possible while the version is open. Every comment has to be closed before the version is submitted.

    **Who:** main users, staff.
    """
    return await model_comments.write_comment(
        writer, model_id, number, section=body.section, text=body.text, replies_to=body.replies_to
    )


@router.get("", response_model=Page[ModelComment])
@operation(scope="trainings:read", personal_data=True)
async def list_training_model_comments(
    reader: Read, page: Paging, model_id: UUID, number: NumberPath, section: Several[Section] = None
) -> Slice[ModelComment]:
    """List the comments on a version.

    The newest come first.

    **Who:** main users, staff, auditors.
    """
    return await model_comments.list_comments(reader, page, model_id, number, section=section)


@router.get("/{comment_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_training_model_comment(
    reader: Read, model_id: UUID, number: NumberPath, comment_id: UUID
) -> ModelComment:
    """Get a comment on a version.

    **Who:** main users, staff, auditors.
    """
    return await model_comments.get_comment(reader, model_id, number, comment_id)


@router.post("/{comment_id}/closing", responses=refusing("wrong-state", "not-a-member"))
@operation(scope="trainings:write")
async def close_training_model_comment(
    writer: Write, model_id: UUID, number: NumberPath, comment_id: UUID, _: NoBody = None
) -> ModelComment:
    """Close a comment on a version.

    The side that made the comment closes it.

    **Who:** main users, staff.
    """
    return await model_comments.close_comment(writer, model_id, number, comment_id)
