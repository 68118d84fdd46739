"""`/v1/organisations/{id}/signatories`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, Line, Text
from app.db.paging import Slice
from app.domain.people.signatories import Signatory, SignatoryState
from app.services.people import signatories

router = APIRouter(
    prefix="/organisations/{organisation_id}/signatories", route_class=Operation, tags=["Main-user applications"]
)


class SignatoryIn(Body):
    name: Line | None = None
    """Of somebody who is nobody to the service; else `person_id`."""
    person_id: UUID | None = None
    basis: Line
    """What the right to sign rests on: the office held, or the decision that gave it."""
    valid_from: Day
    valid_until: Day | None = None
    """Last day; null is until further notice."""


class EndIn(Body):
    reason: Text | None = None


@router.post("", status_code=201, responses=refusing("not-central"))
@operation(people_only=True)
async def enter_signatory(writer: Write, organisation_id: UUID, body: SignatoryIn) -> Signatory:
    """Enter who signs for a central organisation (main user, staff)."""
    return await signatories.enter_signatory(
        writer,
        organisation_id,
        name=body.name,
        person_id=body.person_id,
        basis=body.basis,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
    )


@router.get("", response_model=Page[Signatory])
@operation(people_only=True, personal_data=True)
async def list_signatories(
    reader: Read, page: Paging, organisation_id: UUID, state: SignatoryState | None = None
) -> Slice[Signatory]:
    """Who signs for the organisation, newest first (everybody in its tree, staff, auditor)."""
    return await signatories.list_signatories(reader, page, organisation_id, state=state)


@router.get("/{signatory_id}")
@operation(people_only=True, personal_data=True)
async def get_signatory(reader: Read, organisation_id: UUID, signatory_id: UUID) -> Signatory:
    """One signatory."""
    return await signatories.get_signatory(reader, organisation_id, signatory_id)


@router.post("/{signatory_id}/confirmation", responses=refusing("wrong-state"))
@operation(people_only=True)
async def confirm_signatory(writer: Write, organisation_id: UUID, signatory_id: UUID, _: NoBody = None) -> Signatory:
    """Confirm that the organisation has given the right to sign (staff, but not who entered it or is named)."""
    return await signatories.confirm_signatory(writer, organisation_id, signatory_id)


@router.post("/{signatory_id}/end", responses=refusing("wrong-state"))
@operation(people_only=True)
async def end_signatory(
    writer: Write, organisation_id: UUID, signatory_id: UUID, body: EndIn | None = None
) -> Signatory:
    """End the right to sign at once (main user, staff)."""
    reason = body.reason if body else None
    return await signatories.end_signatory(writer, organisation_id, signatory_id, reason=reason)
