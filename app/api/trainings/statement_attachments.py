"""`/v1/cost-statements/{id}/attachments`."""

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
from app.domain.trainings.cost_statements import StatementAttachment
from app.services.trainings import statement_attachments

router = APIRouter(
    prefix="/cost-statements/{statement_id}/attachments", route_class=Operation, tags=["Cost statements"]
)
ATTACHMENT_IN = FileBody(get_args(MediaType), LARGEST_ATTACHMENT)


@router.post("", status_code=201, responses=refusing("wrong-state", "too-many", "attachment-refused"))
@operation(scope="trainings:write", personal_data=True, file=ATTACHMENT_IN)
async def add_cost_statement_attachment(
    writer: Write, statement_id: UUID, file: File, name: Annotated[Line, Query(description="Name of the file.")]
) -> StatementAttachment:
    """Add an attachment to a cost statement.

    Accepts a PDF, PNG, JPEG or WebP file of at most 10 MiB, which is kept unchanged. A statement has at most 20
    attachments. They can be added until it is submitted, and again if it is sent back.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await statement_attachments.add_attachment(
        writer, statement_id, name=name, media_type=file.media_type, content=file.content
    )


@router.get("", response_model=Page[StatementAttachment])
@operation(scope="trainings:read", personal_data=True)
async def list_cost_statement_attachments(reader: Read, page: Paging, statement_id: UUID) -> Slice[StatementAttachment]:
    """List the attachments of a cost statement.

    The newest come first.

    **Who:** training managers of the organisation, its unit managers and main users; staff, auditors.
    """
    return await statement_attachments.list_attachments(reader, page, statement_id)


@router.get("/{attachment_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_cost_statement_attachment(reader: Read, statement_id: UUID, attachment_id: UUID) -> StatementAttachment:
    """Get an attachment of a cost statement.

    Shows its name, type and size. `GET …/file` returns the file.

    **Who:** training managers of the organisation, its unit managers and main users; staff, auditors.
    """
    return await statement_attachments.get_attachment(reader, statement_id, attachment_id)


@router.get("/{attachment_id}/file", **giving(*get_args(MediaType)))
@operation(people_only=True, personal_data=True)
async def get_cost_statement_attachment_file(reader: Read, statement_id: UUID, attachment_id: UUID) -> Download:
    """Get the file of a cost statement's attachment.

    Returns the file as it was added, to be saved and not shown by the browser.

    **Who:** training managers of the organisation, its unit managers and main users; staff, auditors.
    """
    attachment, content = await statement_attachments.get_file(reader, statement_id, attachment_id)
    return Download(content, attachment.media_type, attachment.file_name, is_foreign=True)


@router.delete("/{attachment_id}", status_code=204, responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def remove_cost_statement_attachment(writer: Remove, statement_id: UUID, attachment_id: UUID) -> None:
    """Remove an attachment from a cost statement.

    Possible until the statement is submitted, and again if it is sent back.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    await statement_attachments.remove_attachment(writer, statement_id, attachment_id, writer.expected)
