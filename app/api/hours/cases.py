"""`/v1/cases`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read, Replace, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import operation
from app.api.shapes import Body, Text
from app.db.paging import Slice
from app.domain.hours.cases import CaseComment, CaseHandler, CaseType, VisibleTo
from app.services.hours import cases

router = APIRouter(
    prefix="/cases",
    route_class=Operation,
    tags=[Tag("Cases", "What the two sides of a proposal, request, return or application write to each other.")],
)


class CaseCommentIn(Body):
    text: Text
    """Text of the comment."""
    visible_to: VisibleTo
    """Whether both sides see the comment, or only your own side."""


class CaseHandlerIn(Body):
    person_id: UUID | None
    """ID of a staff member for whom the case is no own matter. `null` for nobody."""


@router.put("/{case_type}/{case_id}/handler")
@operation(people_only=True)
async def put_case_handler(writer: Replace, case_type: CaseType, case_id: UUID, body: CaseHandlerIn) -> CaseHandler:
    """Set the handler of a case.

    Names the staff member who handles the case, whatever its state. The handler may do no more than other staff.

    **Who:** staff, except for their own requests and organisations.
    """
    return await cases.put_handler(writer, case_type, case_id, body.person_id, writer.expected)


@router.post(
    "/{case_type}/{case_id}/comments",
    status_code=201,
    response_model=CaseComment,
    responses=NO_LOCATION | refusing("wrong-state"),
)
@operation(people_only=True, personal_data=True)
async def add_case_comment(writer: Write, case_type: CaseType, case_id: UUID, body: CaseCommentIn) -> Created:
    """Add a comment on a case.

    A comment for both sides is emailed to the other side. It cannot be changed or removed. The case must be open, of a
    return its year.

    **Who:** both sides of the case.
    """
    comment = await cases.write_comment(writer, case_type, case_id, text=body.text, visible_to=body.visible_to)
    return Created(comment, None)


@router.get("/{case_type}/{case_id}/comments", response_model=Page[CaseComment])
@operation(people_only=True, personal_data=True)
async def list_case_comments(reader: Read, page: Paging, case_type: CaseType, case_id: UUID) -> Slice[CaseComment]:
    """List the comments on a case.

    The newest come first. Comments of the other side for itself are left out.

    **Who:** both sides of the case, staff, auditors.
    """
    return await cases.list_comments(reader, page, case_type, case_id)
