"""Attachments of cases: add, remove, get and list."""

from uuid import UUID

from app.db.hours.case_attachments import attachments, case_attachments, count_attachments, find_content
from app.db.hours.cases import get_case, lock_case
from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row, remove_row
from app.domain.attachments import check_room
from app.domain.errors import NotFound
from app.domain.hours import case_attachments as rules
from app.domain.hours.case_attachments import CaseAttachment
from app.domain.hours.cases import Case, CaseType, Side, VisibleTo, check_may_read, check_may_write, check_open, verb_of
from app.domain.versions import Versions, check_version
from app.services.attachments import columns_of_file, examine
from app.services.hours.cases import record_entry


async def add_attachment(
    writer: Writer,
    case_type: CaseType,
    case_id: UUID,
    *,
    name: str,
    media_type: str,
    content: bytes,
    visible_to: VisibleTo,
) -> CaseAttachment:
    await _permit(writer, await get_case(writer, case_type, case_id))
    await examine(media_type, content)
    # The lock lets the second of two simultaneous requests count the attachment of the first.
    case = await lock_case(writer, case_type, case_id)
    side = await _permit(writer, case)
    attachment_id = new_id()
    await insert_row(
        writer.connection,
        case_attachments,
        id=attachment_id,
        case_type=case_type,
        case_id=case_id,
        side=side,
        visible_to=visible_to,
        **columns_of_file(writer, name, media_type, content),
    )
    verb = verb_of(case, side, visible_to)
    record_entry(writer, f"case-attachment.{verb}", attachment_id, case, side, visible_to)
    return await attachments.get(writer, attachment_id)


async def remove_attachment(
    writer: Writer, case_type: CaseType, case_id: UUID, attachment_id: UUID, expected: Versions
) -> None:
    # The lock lets the second of two simultaneous requests see that the attachment has gone.
    case = await lock_case(writer, case_type, case_id)
    attachment = await _get(writer, case, attachment_id)
    check_may_write(writer.actor, case)
    rules.check_author(writer.actor, attachment)
    check_version(attachment, expected)
    check_open(case)
    await remove_row(writer.connection, case_attachments, attachment_id)
    record_entry(writer, "case-attachment.removed", attachment_id, case, attachment.side, attachment.visible_to)


async def list_attachments(
    reader: Reader, page: PageRequest, case_type: CaseType, case_id: UUID
) -> Slice[CaseAttachment]:
    case = await get_case(reader, case_type, case_id)
    return await _page(reader, page, case)


async def get_attachment(reader: Reader, case_type: CaseType, case_id: UUID, attachment_id: UUID) -> CaseAttachment:
    return await _get(reader, await get_case(reader, case_type, case_id), attachment_id)


async def get_file(
    reader: Reader, case_type: CaseType, case_id: UUID, attachment_id: UUID
) -> tuple[CaseAttachment, bytes]:
    attachment = await get_attachment(reader, case_type, case_id, attachment_id)
    content = await find_content(reader.connection, attachment_id)
    if content is None:  # It was removed between the two reads.
        raise NotFound
    return attachment, content


async def _permit(writer: Writer, case: Case) -> Side:
    side = check_may_write(writer.actor, case)
    check_open(case)
    check_room(await count_attachments(writer.connection, case), rules.MOST_ATTACHMENTS)
    return side


async def _page(
    reader: Reader, page: PageRequest, case: Case, attachment_id: UUID | None = None
) -> Slice[CaseAttachment]:
    sides = check_may_read(reader.actor, case)
    return await attachments.page(reader, page, id=attachment_id, case_type=case.type, case_id=case.id, sides=sides)


async def _get(reader: Reader, case: Case, attachment_id: UUID) -> CaseAttachment:
    """Raises NotFound also for an attachment that the other side keeps for itself."""
    for attachment in (await _page(reader, PageRequest(1, None), case, attachment_id)).items:
        return attachment
    raise NotFound
