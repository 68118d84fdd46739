"""Attachments of cost statements: add, remove, get and list."""

from uuid import UUID

from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row, remove_row
from app.db.trainings import cost_statements as questions
from app.db.trainings.statement_attachments import (
    attachments,
    cost_statement_attachments,
    count_attachments,
    find_content,
)
from app.db.trainings.trainings import get_place_of
from app.db.trainings.trainings import resource as trainings
from app.domain.access import Place
from app.domain.attachments import check_room
from app.domain.errors import NotFound
from app.domain.trainings import cost_statements as rules
from app.domain.trainings.cost_statements import MOST_ATTACHMENTS, OPEN_STATES, CostStatement, StatementAttachment
from app.domain.trainings.trainings import cause_fact_of, check_files_reader, check_writer
from app.domain.versions import Versions, check_version
from app.services.attachments import columns_of_file, examine


async def add_attachment(
    writer: Writer, statement_id: UUID, *, name: str, media_type: str, content: bytes
) -> StatementAttachment:
    await _permit(writer, await questions.resource.get(writer, statement_id))
    await examine(media_type, content)
    # The lock lets the second of two simultaneous requests count the attachment of the first.
    statement = await questions.resource.lock(writer, statement_id)
    await _permit(writer, statement)
    check_room(await count_attachments(writer.connection, statement_id), MOST_ATTACHMENTS)
    attachment_id = new_id()
    await insert_row(
        writer.connection,
        cost_statement_attachments,
        id=attachment_id,
        statement_id=statement_id,
        **columns_of_file(writer, name, media_type, content),
    )
    _record(writer, "cost-statement-attachment.added", attachment_id, statement)
    return await attachments.get(writer, attachment_id)


async def remove_attachment(writer: Writer, statement_id: UUID, attachment_id: UUID, expected: Versions) -> None:
    # The lock lets the second of two simultaneous requests see that the attachment has gone.
    statement = await questions.resource.lock(writer, statement_id)
    attachment = await _get(writer, statement_id, attachment_id)
    await _check_writer(writer, statement)
    check_version(attachment, expected)
    rules.check_state(statement.state, *OPEN_STATES)
    await remove_row(writer.connection, cost_statement_attachments, attachment_id)
    _record(writer, "cost-statement-attachment.removed", attachment_id, statement)


async def list_attachments(reader: Reader, page: PageRequest, statement_id: UUID) -> Slice[StatementAttachment]:
    await _check_reader(reader, statement_id)
    return await attachments.page(reader, page, statement_id=statement_id)


async def get_attachment(reader: Reader, statement_id: UUID, attachment_id: UUID) -> StatementAttachment:
    await _check_reader(reader, statement_id)
    return await _get(reader, statement_id, attachment_id)


async def get_file(reader: Reader, statement_id: UUID, attachment_id: UUID) -> tuple[StatementAttachment, bytes]:
    attachment = await get_attachment(reader, statement_id, attachment_id)
    content = await find_content(reader.connection, attachment_id)
    if content is None:  # It was removed between the two reads.
        raise NotFound
    return attachment, content


async def _permit(writer: Writer, statement: CostStatement) -> None:
    """Attachments are fixed from the submission on."""
    await _check_writer(writer, statement)
    rules.check_state(statement.state, *OPEN_STATES)


async def _check_writer(writer: Writer, statement: CostStatement) -> None:
    check_writer(writer.actor, await _place_of(writer, statement))


async def _check_reader(reader: Reader, statement_id: UUID) -> None:
    statement = await questions.resource.get(reader, statement_id)
    check_files_reader(reader.actor, await _place_of(reader, statement))


async def _place_of(session: Reader, statement: CostStatement) -> Place:
    return await get_place_of(session.connection, await trainings.get(session, statement.cause_id))


async def _get(session: Reader, statement_id: UUID, attachment_id: UUID) -> StatementAttachment:
    """Raise NotFound also for an attachment of another statement."""
    for attachment in (
        await attachments.page(session, PageRequest(1, None), id=attachment_id, statement_id=statement_id)
    ).items:
        return attachment
    raise NotFound


def _record(writer: Writer, action: str, attachment_id: UUID, statement: CostStatement) -> None:
    writer.record(
        action,
        attachment_id,
        organisation_id=statement.organisation_id,
        reference=statement.reference,
        year=statement.year,
        statement_id=statement.id,
        **cause_fact_of(statement.hour_type, statement.cause_id),
    )
