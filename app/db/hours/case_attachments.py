"""Attachments of cases."""

from uuid import UUID

from sqlalchemy import Column, Integer, LargeBinary, Text, Uuid, bindparam, func, select

from app.db.hours.case_entries import of_cases, table_of_entries
from app.db.paging import given
from app.db.statements import Connection, Query
from app.domain.hours.case_attachments import CaseAttachment
from app.domain.hours.cases import Case

case_attachments = table_of_entries(
    "case_attachments",
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

attachments = of_cases(CaseAttachment, case_attachments)
_count: Query[int] = Query(
    select(func.count(type_=Integer)).where(
        given(case_attachments.c.case_type, "case_type"), given(case_attachments.c.case_id, "case_id")
    )
)
_content: Query[bytes] = Query(
    select(case_attachments.c.content).where(case_attachments.c.id == bindparam("p_id", type_=Uuid)), bytes
)


async def count_attachments(connection: Connection, case: Case) -> int:
    """Count the attachments of the case, of both sides."""
    return await _count.first(connection, p_case_type=case.type, p_case_id=case.id) or 0


async def find_content(connection: Connection, attachment_id: UUID) -> bytes | None:
    return await _content.first(connection, p_id=attachment_id)
