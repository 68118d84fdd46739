"""Attachments of cost statements."""

from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, LargeBinary, Text, Uuid, bindparam, func, select

from app.db.paging import given
from app.db.resources import Resource
from app.db.statements import Connection, Query, columns_of, study_centre_table
from app.domain.trainings.cost_statements import StatementAttachment

cost_statement_attachments = study_centre_table(
    "cost_statement_attachments",
    Column("statement_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

_of_statement = given(cost_statement_attachments.c.statement_id, "statement_id")
_of_id = cost_statement_attachments.c.id == bindparam("p_id", type_=Uuid)
attachments = Resource(
    select(*columns_of(StatementAttachment, cost_statement_attachments)),
    StatementAttachment,
    cost_statement_attachments,
    filters={"id": given(cost_statement_attachments.c.id, "id"), "statement_id": _of_statement},
)
"""Attachments. Callers see the attachments of each statement that they see: the use case looks for it first."""
_count: Query[int] = Query(select(func.count(type_=Integer)).where(_of_statement))
_content: Query[bytes] = Query(select(cost_statement_attachments.c.content).where(_of_id), bytes)


async def count_attachments(connection: Connection, statement_id: UUID) -> int:
    return await _count.first(connection, p_statement_id=statement_id) or 0


async def find_content(connection: Connection, attachment_id: UUID) -> bytes | None:
    return await _content.first(connection, p_id=attachment_id)
