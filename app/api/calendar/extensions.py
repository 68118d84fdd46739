"""`/v1/deadlines/{id}/extensions`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import Body, Day, Several, Text
from app.db.paging import Slice
from app.domain.calendar.deadlines import Extension
from app.services.calendar import extensions

router = APIRouter(prefix="/deadlines/{deadline_id}/extensions", route_class=Operation, tags=["Calendar"])


class ExtensionIn(Body):
    organisation_id: UUID
    """ID of the organisation that may act longer, with everything below it."""
    closes_on: Day
    """New last day of the organisation, after the deadline's own."""
    reason: Text


@router.post("", status_code=201)
@operation(scope="calendar:write")
async def extend_deadline(writer: Write, deadline_id: UUID, body: ExtensionIn) -> Extension:
    """Grant an extension to an organisation.

    The organisation and everything below it may act until the new last day. The deadline may already have closed.

    **Who:** staff.
    """
    return await extensions.give_extension(
        writer, deadline_id, organisation_id=body.organisation_id, closes_on=body.closes_on, reason=body.reason
    )


@router.get("", response_model=Page[Extension])
@operation(scope="calendar:read")
async def list_deadline_extensions(
    reader: Read, page: Paging, deadline_id: UUID, organisation_id: Several[UUID] = None, under: Several[UUID] = None
) -> Slice[Extension]:
    """List the extensions of a deadline.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await extensions.list_extensions(reader, page, deadline_id, organisation_id=organisation_id, under=under)


@router.get("/{extension_id}")
@operation(scope="calendar:read")
async def get_deadline_extension(reader: Read, deadline_id: UUID, extension_id: UUID) -> Extension:
    """Get an extension.

    **Who:** everyone with a role, within their reach.
    """
    return await extensions.get_extension(reader, deadline_id, extension_id)
