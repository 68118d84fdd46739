"""`/v1/supplementary-hour-requests`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.answers import refusing
from app.api.operations import KEY_REQUIRED, Operation
from app.api.paging import Page, Paging
from app.api.shapes import AnyHours, Body, SomeHours, Text, Year, YearQuery
from app.db.paging import Slice
from app.db.sessions import Reader, Writer
from app.domain.hours.supplementary_requests import RequestState, SupplementaryRequest
from app.services.hours import supplementary_requests

router = APIRouter(prefix="/supplementary-hour-requests", route_class=Operation, tags=["Supplementary requests"])


class SupplementaryRequestIn(Body):
    organisation_id: UUID
    year: Year
    hours: SomeHours
    grounds: Text


class SupplementaryDecisionIn(Body):
    hours: AnyHours
    """0 rejects, less than asked approves in part."""
    reason: Text | None = None


@router.post(
    "",
    status_code=201,
    response_model=SupplementaryRequest,
    openapi_extra=KEY_REQUIRED,
    responses=refusing("not-found", "not-central", "year-closed", "not-a-member", "window-closed"),
)
async def submit_request(writer: Writer, body: SupplementaryRequestIn) -> SupplementaryRequest:
    """Ask for more hours within the year, in an open change window (main user)."""
    return await supplementary_requests.submit_request(
        writer, organisation_id=body.organisation_id, year=body.year, hours=body.hours, grounds=body.grounds
    )


@router.get("", response_model=Page[SupplementaryRequest])
async def list_requests(
    reader: Reader,
    page: Paging,
    organisation_id: UUID | None = None,
    under: UUID | None = None,
    year: YearQuery = None,
    state: RequestState | None = None,
) -> Slice[SupplementaryRequest]:
    """Requests within reach, newest first."""
    return await supplementary_requests.list_requests(
        reader, page, organisation_id=organisation_id, under=under, year=year, state=state
    )


@router.get("/{request_id}", response_model=SupplementaryRequest)
async def get_request(reader: Reader, request_id: UUID) -> SupplementaryRequest:
    """One request, with its decision once there is one."""
    return await supplementary_requests.get_request(reader, request_id)


@router.post(
    "/{request_id}/decision",
    response_model=SupplementaryRequest,
    openapi_extra=KEY_REQUIRED,
    responses=refusing("wrong-state", "year-closed", "not-a-member", "pool-exceeded"),
)
async def decide_request(writer: Writer, request_id: UUID, body: SupplementaryDecisionIn) -> SupplementaryRequest:
    """Grant all, part or nothing, from the pool (staff)."""
    return await supplementary_requests.decide_request(writer, request_id, hours=body.hours, reason=body.reason)


@router.post(
    "/{request_id}/withdrawal", response_model=SupplementaryRequest, responses=refusing("wrong-state", "year-closed")
)
async def withdraw_request(writer: Writer, request_id: UUID) -> SupplementaryRequest:
    """Take the request back before it is decided (main user)."""
    return await supplementary_requests.withdraw_request(writer, request_id)
