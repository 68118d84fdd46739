"""Comments on versions of training models: write, close and list."""

from collections.abc import Sequence
from typing import TypedDict, Unpack
from uuid import UUID

from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_value, insert_value
from app.db.trainings import model_versions as questions
from app.db.trainings.model_comments import comments
from app.db.trainings.model_tables import training_model_comments
from app.db.trainings.models import models
from app.domain.errors import NotFound
from app.domain.trainings import model_comments as rules
from app.domain.trainings.model_comments import ModelComment
from app.domain.trainings.model_versions import OPEN_STATES, ModelVersion, Section, check_state
from app.domain.trainings.models import check_member
from app.services.trainings.model_versions import lock_version_at_work
from app.services.trainings.models import check_sees_work


class CommentFilters(TypedDict, total=False):
    section: Sequence[Section] | None


async def write_comment(
    writer: Writer, model_id: UUID, number: int, *, section: Section, text: str, replies_to: UUID | None
) -> ModelComment:
    placed, version = await lock_version_at_work(writer, model_id, number)
    replied = await _comment_of(writer, version, replies_to, pointer="/replies_to") if replies_to else None
    side = rules.check_writer(writer.actor, placed)
    check_state(version, *OPEN_STATES)
    check_member(placed, writer.now)
    if replied:
        rules.check_reply(section, replied)
    comment = ModelComment(
        id=new_id(),
        version_id=version.id,
        section=section,
        text=text,
        replies_to=replies_to,
        side=side,
        round=version.round,
        created_by=writer.actor.person_id,
        created_by_name=writer.actor.name,
        created_at=writer.now,
        closed_by=None,
        closed_by_name=None,
        closed_at=None,
    )
    await insert_value(writer.connection, training_model_comments, comment)
    _record(writer, "made", comment, version)
    return comment


async def close_comment(writer: Writer, model_id: UUID, number: int, comment_id: UUID) -> ModelComment:
    placed, version = await lock_version_at_work(writer, model_id, number)
    comment = await _comment_of(writer, version, comment_id)
    side = rules.check_writer(writer.actor, placed)
    rules.check_closing(side, comment)
    check_state(version, *OPEN_STATES)
    check_member(placed, writer.now)
    closed = await change_value(
        writer.connection,
        training_model_comments,
        comment,
        closed_by=writer.actor.person_id,
        closed_by_name=writer.actor.name,
        closed_at=writer.now,
    )
    _record(writer, "closed", closed, version)
    return closed


async def get_comment(reader: Reader, model_id: UUID, number: int, comment_id: UUID) -> ModelComment:
    return await _comment_of(reader, await _version_at_work(reader, model_id, number), comment_id)


async def list_comments(
    reader: Reader, page: PageRequest, model_id: UUID, number: int, **filters: Unpack[CommentFilters]
) -> Slice[ModelComment]:
    version = await _version_at_work(reader, model_id, number)
    return await comments.page(reader, page, version_id=[version.id], **filters)


async def _version_at_work(reader: Reader, model_id: UUID, number: int) -> ModelVersion:
    check_sees_work(reader, await models.get(reader, model_id))
    return await questions.get_version(reader, model_id, number)


async def _comment_of(
    session: Reader, version: ModelVersion, comment_id: UUID, *, pointer: str | None = None
) -> ModelComment:
    """Raise NotFound also for a comment on another version."""
    comment = await comments.find(session, comment_id)
    if comment is None or comment.version_id != version.id:
        raise NotFound(pointer=pointer)
    return comment


def _record(writer: Writer, verb: str, comment: ModelComment, version: ModelVersion) -> None:
    writer.record(
        f"model-comment.{verb}",
        comment.id,
        organisation_id=version.organisation_id,
        model_id=version.model_id,
        version_id=version.id,
        number=version.number,
        section=comment.section,
        side=comment.side,
    )
