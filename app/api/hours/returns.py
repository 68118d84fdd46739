"""`/v1/hour-returns`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, ChangedSince, References, Several, SomeHours, Text, Year, Years
from app.db.paging import Slice
from app.domain.hours.returns import HourReturn, ReturnState
from app.services.hours import returns

router = APIRouter(
    prefix="/hour-returns",
    route_class=Operation,
    tags=[Tag("Hour returns", "Unused hours that are returned in the change windows for others to use.")],
)


class HourReturnIn(Body):
    organisation_id: UUID
    """ID of a central organisation."""
    year: Year
    hours: SomeHours
    grounds: Text | None = None
    """Grounds for the return. `null` if none are given."""


@router.post(
    "",
    status_code=201,
    responses=refusing(
        "not-found", "not-central", "year-closed", "not-a-member", "window-closed", "quota-exceeded", "already-exists"
    ),
)
@operation(scope="hours:write")
async def book_hour_return(writer: WriteOnce, body: HourReturnIn) -> HourReturn:
    """Return hours.

    Moves unused hours back to the pool, in an open change window.

    **Who:** main users.
    """
    return await returns.book_return(
        writer, organisation_id=body.organisation_id, year=body.year, hours=body.hours, grounds=body.grounds
    )


@router.get("", response_model=Page[HourReturn])
@operation(scope="hours:read", csv=True)
async def list_hour_returns(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    state: Several[ReturnState] = None,
    reference: References = None,
    handler_id: Several[UUID] = None,
    changed_since: ChangedSince = None,
) -> Slice[HourReturn]:
    """List hour returns.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await returns.list_returns(
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


@router.get("/{return_id}")
@operation(scope="hours:read")
async def get_hour_return(reader: Read, return_id: UUID) -> HourReturn:
    """Get an hour return.

    **Who:** everyone with a role, within their reach.
    """
    return await returns.get_return(reader, return_id)


@router.post(
    "/{return_id}/cancellation",
    responses=refusing("wrong-state", "year-closed", "not-a-member", "window-closed", "pool-exceeded"),
)
@operation(scope="hours:write")
async def cancel_hour_return(writer: WriteOnce, return_id: UUID, _: NoBody = None) -> HourReturn:
    """Cancel an hour return.

    Takes all its hours back from the pool, in the change window in which they were returned. The pool must still have
    the hours.

    **Who:** main users.
    """
    return await returns.cancel_return(writer, return_id)
