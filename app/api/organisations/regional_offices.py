"""`/v1/regional-offices`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, Read, Write
from app.api.operations import Operation
from app.api.organisations.organisations import AddressIn
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Email, Line, Phone
from app.db.paging import Slice
from app.domain.organisations.regional_offices import RegionalOffice
from app.services.organisations import regional_offices

router = APIRouter(prefix="/regional-offices", route_class=Operation, tags=["Contact persons"])


class OfficeData(Body):
    email: Email | None = UNSAID
    phone: Phone | None = UNSAID
    address: AddressIn | None = UNSAID


class RegionalOfficeIn(OfficeData):
    name: Line
    """Name of the office, unique in the study centre."""


class RegionalOfficePatch(OfficeData):
    name: Line = UNSAID


@router.post("", status_code=201, responses=refusing("already-exists"))
@operation(scope="organisations:write")
async def open_regional_office(writer: Write, body: RegionalOfficeIn) -> RegionalOffice:
    """Open a regional office.

    **Who:** staff.
    """
    return await regional_offices.open_office(writer, body.given())


@router.get("", response_model=Page[RegionalOffice])
@operation(scope="organisations:read")
async def list_regional_offices(reader: Read, page: Paging) -> Slice[RegionalOffice]:
    """List regional offices.

    The newest come first.

    **Who:** everyone who has registered.
    """
    return await regional_offices.list_offices(reader, page)


@router.get("/{office_id}")
@operation(scope="organisations:read")
async def get_regional_office(reader: Read, office_id: UUID) -> RegionalOffice:
    """Get a regional office.

    **Who:** everyone who has registered.
    """
    return await regional_offices.get_office(reader, office_id)


@router.patch("/{office_id}", responses=refusing("already-exists"))
@operation(scope="organisations:write")
async def change_regional_office(writer: Edit, office_id: UUID, body: RegionalOfficePatch) -> RegionalOffice:
    """Change a regional office.

    Changes the name, the address or the contact details.

    **Who:** staff.
    """
    return await regional_offices.change_office(writer, office_id, body.given(), writer.expected)
