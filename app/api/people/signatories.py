"""`/v1/organisations/{id}/signatories`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Day, Line, Several, Text
from app.db.paging import Slice
from app.domain.people.signatories import Signatory, SignatoryState
from app.services.people import signatories

router = APIRouter(
    prefix="/organisations/{organisation_id}/signatories",
    route_class=Operation,
    tags=[
        Tag(
            "Main-user applications",
            "How a person becomes a main user: signatories, application, signatures, decision.",
        )
    ],
)


class SignatoryIn(Body):
    name: Line | None = None
    """Name of a signatory whom the service does not know. `null` if `person_id` is used."""
    person_id: UUID | None = None
    """ID of the signatory's person. `null` if `name` is used."""
    basis: Line
    valid_from: Day
    valid_until: Day | None = None


class EndIn(Body):
    reason: Text | None = None
    """Reason for ending the signatory. `null` if none is given."""


@router.post("", status_code=201, responses=refusing("not-central"))
@operation(people_only=True)
async def enter_signatory(writer: Write, organisation_id: UUID, body: SignatoryIn) -> Signatory:
    """Add an authorised signatory.

    Adds a person who may sign for a central organisation.

    **Who:** main users of the organisation, staff.
    """
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
    reader: Read, page: Paging, organisation_id: UUID, state: Several[SignatoryState] = None
) -> Slice[Signatory]:
    """List authorised signatories.

    The newest come first.

    **Who:** everyone with a role in the organisation's tree, except observers; staff, auditors.
    """
    return await signatories.list_signatories(reader, page, organisation_id, state=state)


@router.get("/{signatory_id}")
@operation(people_only=True, personal_data=True)
async def get_signatory(reader: Read, organisation_id: UUID, signatory_id: UUID) -> Signatory:
    """Get an authorised signatory.

    **Who:** everyone with a role in the organisation's tree, except observers; staff, auditors.
    """
    return await signatories.get_signatory(reader, organisation_id, signatory_id)


@router.post("/{signatory_id}/confirmation", responses=refusing("wrong-state"))
@operation(people_only=True)
async def confirm_signatory(writer: Write, organisation_id: UUID, signatory_id: UUID, _: NoBody = None) -> Signatory:
    """Confirm an authorised signatory.

    Confirms that the organisation has authorised the person to sign.

    **Who:** staff, except the person who added the signatory, the person named and the organisation's main users.
    """
    return await signatories.confirm_signatory(writer, organisation_id, signatory_id)


@router.post("/{signatory_id}/end", responses=refusing("wrong-state"))
@operation(people_only=True)
async def end_signatory(
    writer: Write, organisation_id: UUID, signatory_id: UUID, body: EndIn | None = None
) -> Signatory:
    """End an authorised signatory.

    The signatory can no longer sign, with immediate effect.

    **Who:** main users of the organisation, staff.
    """
    reason = body.reason if body else None
    return await signatories.end_signatory(writer, organisation_id, signatory_id, reason=reason)
