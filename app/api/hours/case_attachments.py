"""`/v1/cases/{type}/{id}/attachments`."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.conventions import File, Read, Remove, Write
from app.api.files import Download, giving
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import FileBody, operation
from app.api.shapes import Line
from app.db.paging import Slice
from app.domain.attachments import LARGEST_ATTACHMENT, MediaType
from app.domain.hours.case_attachments import CaseAttachment
from app.domain.hours.cases import CaseType, VisibleTo
from app.services.hours import case_attachments

router = APIRouter(prefix="/cases/{case_type}/{case_id}/attachments", route_class=Operation, tags=["Cases"])
ATTACHMENT_IN = FileBody(get_args(MediaType), LARGEST_ATTACHMENT)


@router.post("", status_code=201, responses=refusing("wrong-state", "too-many", "attachment-refused"))
@operation(people_only=True, personal_data=True, file=ATTACHMENT_IN)
async def add_case_attachment(
    writer: Write,
    case_type: CaseType,
    case_id: UUID,
    file: File,
    name: Annotated[Line, Query(description="Name of the file.")],
    visible_to: Annotated[
        VisibleTo, Query(description="Whether both sides see the attachment, or only your own side.")
    ],
) -> CaseAttachment:
    """Add an attachment to a case.

    Accepts a PDF, PNG, JPEG or WebP file of at most 10 MiB, which is kept unchanged. A case has at most 10 attachments.
    One for both sides is reported to the other side by email. The case must be open, of a return its year.

    **Who:** both sides of the case.
    """
    return await case_attachments.add_attachment(
        writer,
        case_type,
        case_id,
        name=name,
        media_type=file.media_type,
        content=file.content,
        visible_to=visible_to,
    )


@router.get("", response_model=Page[CaseAttachment])
@operation(people_only=True, personal_data=True)
async def list_case_attachments(
    reader: Read, page: Paging, case_type: CaseType, case_id: UUID
) -> Slice[CaseAttachment]:
    """List the attachments of a case.

    The newest come first. Attachments of the other side for itself are left out.

    **Who:** both sides of the case, staff, auditors.
    """
    return await case_attachments.list_attachments(reader, page, case_type, case_id)


@router.get("/{attachment_id}")
@operation(people_only=True, personal_data=True)
async def get_case_attachment(reader: Read, case_type: CaseType, case_id: UUID, attachment_id: UUID) -> CaseAttachment:
    """Get an attachment of a case.

    Shows its name, type and size. `GET …/file` returns the file.

    **Who:** both sides of the case, staff, auditors.
    """
    return await case_attachments.get_attachment(reader, case_type, case_id, attachment_id)


@router.get("/{attachment_id}/file", **giving(*get_args(MediaType)))
@operation(people_only=True, personal_data=True)
async def get_case_attachment_file(reader: Read, case_type: CaseType, case_id: UUID, attachment_id: UUID) -> Download:
    """Get the file of an attachment.

    Returns the file as it was added, to be saved and not shown by the browser.

    **Who:** both sides of the case, staff, auditors.
    """
    attachment, content = await case_attachments.get_file(reader, case_type, case_id, attachment_id)
    return Download(content, attachment.media_type, attachment.file_name, is_foreign=True)


@router.delete("/{attachment_id}", status_code=204, responses=refusing("wrong-state"))
@operation(people_only=True)
async def remove_case_attachment(writer: Remove, case_type: CaseType, case_id: UUID, attachment_id: UUID) -> None:
    """Remove an attachment from a case.

    The case must be open, of a return its year.

    **Who:** the person who added the attachment.
    """
    await case_attachments.remove_attachment(writer, case_type, case_id, attachment_id, writer.expected)
