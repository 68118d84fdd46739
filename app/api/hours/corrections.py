"""`/v1/hour-corrections`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, ChangedSince, References, Several, SignedHours, Text, Year, Years
from app.db.paging import Slice
from app.domain.hours.corrections import HourCorrection
from app.domain.hours.ledger import HourType
from app.services.hours import corrections

router = APIRouter(
    prefix="/hour-corrections",
    route_class=Operation,
    tags=[Tag("Hour corrections", "Corrections of mistakes, each as a transfer of its own.")],
)


class HourCorrectionIn(Body):
    organisation_id: UUID
    """ID of a central organisation."""
    year: Year
    hours: SignedHours
    """Hours to move: from the pool to the organisation if above 0, back to the pool if below 0."""
    reason: Text
    hour_type: HourType = "training"
    """Type of the hours."""
    corrects_transfer_id: UUID | None = None
    """ID of the transfer of the organisation in the year that the correction puts right. Optional."""


@router.post(
    "",
    status_code=201,
    responses=refusing("not-found", "not-central", "pool-exceeded", "quota-exceeded", "already-exists"),
)
@operation(scope="hours:write")
async def make_hour_correction(writer: WriteOnce, body: HourCorrectionIn) -> HourCorrection:
    """Create an hour correction.

    Moves hours between the pool and an organisation to correct a mistake, also in a closed year.

    **Who:** staff, except main users of the organisation.
    """
    return await corrections.correct_hours(
        writer,
        organisation_id=body.organisation_id,
        year=body.year,
        hours=body.hours,
        reason=body.reason,
        corrects_transfer_id=body.corrects_transfer_id,
        hour_type=body.hour_type,
    )


@router.get("", response_model=Page[HourCorrection])
@operation(scope="hours:read", csv=True)
async def list_hour_corrections(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    corrects_transfer_id: Several[UUID] = None,
    reference: References = None,
    changed_since: ChangedSince = None,
) -> Slice[HourCorrection]:
    """List hour corrections.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await corrections.list_corrections(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        year=year,
        corrects_transfer_id=corrects_transfer_id,
        reference=reference,
        changed_since=changed_since,
    )


@router.get("/{correction_id}")
@operation(scope="hours:read")
async def get_hour_correction(reader: Read, correction_id: UUID) -> HourCorrection:
    """Get an hour correction.

    **Who:** everyone with a role, within their reach.
    """
    return await corrections.get_correction(reader, correction_id)
