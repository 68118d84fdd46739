"""Comments on versions of training models. Who sees a version at work sees them: the use case looks for it first."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from app.db.paging import filters_of
from app.db.resources import Resource
from app.db.statements import Connection, Query, columns_of
from app.db.trainings.model_tables import training_model_comments
from app.domain.trainings.model_comments import ModelComment

comments = Resource(
    select(*columns_of(ModelComment, training_model_comments)),
    ModelComment,
    training_model_comments,
    filters=filters_of(training_model_comments, "version_id", "section"),
)
_open: Query[UUID] = Query(
    select(training_model_comments.c.id)
    .where(
        training_model_comments.c.version_id == bindparam("p_version_id", type_=Uuid),
        training_model_comments.c.replies_to.is_(None),
        training_model_comments.c.closed_at.is_(None),
    )
    .order_by(training_model_comments.c.id)
)


async def list_open_comments(connection: Connection, version_id: UUID) -> list[UUID]:
    """The IDs of the comments that nobody has closed; replies are none of them."""
    return await _open.all(connection, p_version_id=version_id)
