"""`/v1/hour-corrections`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, SignedHours, Text, Year, YearQuery
from app.db.paging import Slice
from app.domain.hours.corrections import HourCorrection
from app.services.hours import corrections

router = APIRouter(prefix="/hour-corrections", route_class=Operation, tags=["Hour corrections"])


class HourCorrectionIn(Body):
    organisation_id: UUID
    """A central organisation."""
    year: Year
    hours: SignedHours
    """Above 0 from the pool to the organisation, below 0 back."""
    reason: Text


@router.post(
    "",
    status_code=201,
    responses=refusing("not-found", "not-central", "pool-exceeded", "quota-exceeded", "already-exists"),
)
@operation(scope="hours:write")
async def correct_hours(writer: WriteOnce, body: HourCorrectionIn) -> HourCorrection:
    """Put a mistake right between the pool and an organisation, also in a closed year (staff)."""
    return await corrections.correct_hours(
        writer, organisation_id=body.organisation_id, year=body.year, hours=body.hours, reason=body.reason
    )


@router.get("", response_model=Page[HourCorrection])
@operation(scope="hours:read")
async def list_corrections(
    reader: Read, page: Paging, organisation_id: UUID | None = None, under: UUID | None = None, year: YearQuery = None
) -> Slice[HourCorrection]:
    """Corrections within reach, newest first."""
    return await corrections.list_corrections(reader, page, organisation_id=organisation_id, under=under, year=year)


@router.get("/{correction_id}")
@operation(scope="hours:read")
async def get_correction(reader: Read, correction_id: UUID) -> HourCorrection:
    """One correction, with its reason."""
    return await corrections.get_correction(reader, correction_id)
