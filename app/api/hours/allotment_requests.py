"""`/v1/allotment-requests`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, ChangedSince, References, Several, SignedHours, SignedOrNoHours, Text, Year, Years
from app.db.paging import Slice
from app.domain.hours.allotment_requests import AllotmentRequest, AllotmentRequestState
from app.services.hours import allotment_requests

router = APIRouter(
    prefix="/allotment-requests",
    route_class=Operation,
    tags=[
        Tag(
            "Allotment requests",
            "Requests of districts and associations to their central organisation, to change their allotment in "
            "mid-year.",
        )
    ],
)


class AllotmentRequestIn(Body):
    unit_id: UUID
    """ID of a district or an association."""
    year: Year
    hours: SignedHours
    """Hours by which the allotment is to change. Above 0 the unit requests more, below 0 it gives some back."""
    grounds: Text


class AllotmentDecisionIn(Body):
    hours: SignedOrNoHours
    """Hours by which the allotment changes, from 0 to the requested ones. 0 rejects the request."""
    reason: Text | None = None
    """Reason for the decision. `null` if none is given."""


@router.post(
    "",
    status_code=201,
    responses=refusing("not-found", "year-closed", "not-a-member", "already-exists", "allotment-in-use"),
)
@operation(scope="hours:write")
async def submit_allotment_request(writer: WriteOnce, body: AllotmentRequestIn) -> AllotmentRequest:
    """Submit an allotment request.

    Asks the central organisation for more hours, or gives some back, at any time while the year is open. A unit has one
    open request for a year. The central organisation has to let its units propose (`units_propose`).

    **Who:** unit managers.
    """
    return await allotment_requests.submit_request(
        writer, unit_id=body.unit_id, year=body.year, hours=body.hours, grounds=body.grounds
    )


@router.get("", response_model=Page[AllotmentRequest])
@operation(scope="hours:read", csv=True)
async def list_allotment_requests(
    reader: Read,
    page: Paging,
    unit_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    state: Several[AllotmentRequestState] = None,
    reference: References = None,
    changed_since: ChangedSince = None,
) -> Slice[AllotmentRequest]:
    """List allotment requests.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await allotment_requests.list_requests(
        reader,
        page,
        unit_id=unit_id,
        under=under,
        year=year,
        state=state,
        reference=reference,
        changed_since=changed_since,
    )


@router.get("/{request_id}")
@operation(scope="hours:read")
async def get_allotment_request(reader: Read, request_id: UUID) -> AllotmentRequest:
    """Get an allotment request.

    Includes the decision, if one has been made.

    **Who:** everyone with a role, within their reach.
    """
    return await allotment_requests.get_request(reader, request_id)


@router.post(
    "/{request_id}/decision",
    responses=refusing("wrong-state", "not-a-member", "runs-no-trainings", "quota-exceeded", "allotment-in-use"),
)
@operation(people_only=True)
async def decide_allotment_request(writer: WriteOnce, request_id: UUID, body: AllotmentDecisionIn) -> AllotmentRequest:
    """Decide an allotment request.

    Changes the allotment of the unit by all, some or none of the requested hours, and the hour distribution with it.

    **Who:** main users, except the person who submitted it.
    """
    return await allotment_requests.decide_request(writer, request_id, hours=body.hours, reason=body.reason)


@router.post("/{request_id}/withdrawal", responses=refusing("wrong-state"))
@operation(scope="hours:write")
async def withdraw_allotment_request(writer: Write, request_id: UUID, _: NoBody = None) -> AllotmentRequest:
    """Withdraw an allotment request.

    No decision may have been made yet.

    **Who:** unit managers.
    """
    return await allotment_requests.withdraw_request(writer, request_id)
