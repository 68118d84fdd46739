"""The documents of main-user applications: the original, and the signed one."""

from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Text, Uuid, bindparam, select

from app.db.sessions import Writer
from app.db.statements import Connection, Query, insert_row, study_centre_table

documents = study_centre_table(
    "main_user_application_documents",
    Column("application_id", Uuid, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
signed_documents = study_centre_table(
    "main_user_application_signed_documents",
    Column("application_id", Uuid, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("digest", Text, nullable=False),
    Column("uploaded_by", Uuid, nullable=False),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
)

_contents = {
    table: Query(
        select(table.c.content).where(key == bindparam("p_id", type_=Uuid)).order_by(*order).limit(1),
        lambda content: bytes(content),
    )
    for table, key, order in (
        (documents, documents.c.application_id, ()),
        (signed_documents, signed_documents.c.application_id, (signed_documents.c.id.desc(),)),
    )
}


async def find_document(connection: Connection, application_id: UUID) -> bytes | None:
    """The document as it was made."""
    return await _contents[documents].first(connection, p_id=application_id)


async def find_signed_document(connection: Connection, application_id: UUID) -> bytes | None:
    """The signed document uploaded last."""
    return await _contents[signed_documents].first(connection, p_id=application_id)


async def keep_document(writer: Writer, application_id: UUID, content: bytes, digest: str) -> None:
    """Keep the document that is to be signed. It never changes."""
    values = {"application_id": application_id, "content": content, "digest": digest, "made_at": writer.now}
    await insert_row(writer.connection, documents, **values)
