"""`/v1/supplementary-hour-requests`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import NoBody, Read, Write, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import operation
from app.api.shapes import AnyHours, Body, ChangedSince, References, Several, SomeHours, Text, Year, Years
from app.db.paging import Slice
from app.domain.hours.supplementary_requests import (
    RequestDecision,
    RequestState,
    SupplementaryRequest,
    SupplementaryRequests,
)
from app.services.hours import supplementary_requests

router = APIRouter(
    prefix="/supplementary-hour-requests",
    route_class=Operation,
    tags=[Tag("Supplementary requests", "Requests for more hours for the year, in the change windows.")],
)


decisions_router = APIRouter(
    prefix="/supplementary-hour-decisions", route_class=Operation, tags=["Supplementary requests"]
)


class SupplementaryRequestIn(Body):
    organisation_id: UUID
    """ID of a central organisation."""
    year: Year
    hours: SomeHours
    grounds: Text


class SupplementaryDecisionIn(Body):
    hours: AnyHours
    """Hours to grant. 0 rejects the request, fewer than requested approves a part of it."""
    reason: Text | None = None
    """Reason for the decision. `null` if none is given."""


class DecidedRequestIn(SupplementaryDecisionIn):
    request_id: UUID
    """ID of a submitted request of the year, which may occur once."""


class SupplementaryDecisionsIn(Body):
    year: Year
    items: Annotated[list[DecidedRequestIn], Field(min_length=1, max_length=500)]
    """Decisions to make, all together or none."""


@router.post(
    "", status_code=201, responses=refusing("not-found", "not-central", "year-closed", "not-a-member", "window-closed")
)
@operation(scope="hours:write")
async def submit_supplementary_hour_request(writer: WriteOnce, body: SupplementaryRequestIn) -> SupplementaryRequest:
    """Submit a supplementary request.

    Requests more hours for the year, in an open change window.

    **Who:** main users.
    """
    return await supplementary_requests.submit_request(
        writer, organisation_id=body.organisation_id, year=body.year, hours=body.hours, grounds=body.grounds
    )


@router.get("", response_model=Page[SupplementaryRequest])
@operation(scope="hours:read", csv=True)
async def list_supplementary_hour_requests(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    state: Several[RequestState] = None,
    reference: References = None,
    handler_id: Several[UUID] = None,
    changed_since: ChangedSince = None,
) -> Slice[SupplementaryRequest]:
    """List supplementary requests.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await supplementary_requests.list_requests(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        year=year,
        state=state,
        reference=reference,
        handler_id=handler_id,
        changed_since=changed_since,
    )


@router.get("/{request_id}")
@operation(scope="hours:read")
async def get_supplementary_hour_request(reader: Read, request_id: UUID) -> SupplementaryRequest:
    """Get a supplementary request.

    Includes the decision, if one has been made.

    **Who:** everyone with a role, within their reach.
    """
    return await supplementary_requests.get_request(reader, request_id)


@router.post("/{request_id}/decision", responses=refusing("wrong-state", "not-a-member", "pool-exceeded"))
@operation(scope="hours:write")
async def decide_supplementary_hour_request(
    writer: WriteOnce, request_id: UUID, body: SupplementaryDecisionIn
) -> SupplementaryRequest:
    """Decide a supplementary request.

    Grants all, some or none of the requested hours from the pool.

    **Who:** staff, except for their own requests and organisations.
    """
    return await supplementary_requests.decide_request(writer, request_id, hours=body.hours, reason=body.reason)


@decisions_router.post(
    "",
    status_code=201,
    response_model=SupplementaryRequests,
    responses=refusing("not-found", "wrong-state", "not-a-member", "pool-exceeded") | NO_LOCATION,
)
@operation(people_only=True)
async def make_supplementary_hour_decisions(writer: WriteOnce, body: SupplementaryDecisionsIn) -> Created:
    """Decide many supplementary requests.

    Grants all, some or none of the hours of each request of the year from the pool. Either all are decided or none.

    **Who:** staff, except for their own requests and organisations.
    """
    items = [
        RequestDecision(**vars(item), pointer=f"/items/{index}/request_id", hours_pointer=f"/items/{index}/hours")
        for index, item in enumerate(body.items)
    ]
    decided = await supplementary_requests.decide_requests(writer, year=body.year, items=items)
    return Created(decided, location=None)


@router.post("/{request_id}/withdrawal", responses=refusing("wrong-state"))
@operation(scope="hours:write")
async def withdraw_supplementary_hour_request(
    writer: Write, request_id: UUID, _: NoBody = None
) -> SupplementaryRequest:
    """Withdraw a supplementary request.

    No decision may have been made yet.

    **Who:** main users.
    """
    return await supplementary_requests.withdraw_request(writer, request_id)
