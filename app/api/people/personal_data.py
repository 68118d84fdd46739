"""`/v1/people/{id}/data` and its erasure."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import PlainWrite, Write
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Text
from app.domain.people.personal_data import Erasure, PersonalData
from app.services.people import personal_data

router = APIRouter(prefix="/people", route_class=Operation, tags=["People"])


class ErasureIn(Body):
    reason: Text
    """Reason for the erasure. It is recorded in the audit, so do not name anyone in it."""


@router.get("/{person_id}/data")
@operation(people_only=True, personal_data=True, strong_sign_in=True)
async def get_personal_data(writer: PlainWrite, person_id: UUID) -> PersonalData:
    """Get a person's data.

    Returns all data stored about the person. The request is recorded in the audit. Another person's data need a strong
    authentication.

    **Who:** the person, staff.
    """
    return await personal_data.export_data(writer, person_id)


@router.post("/{person_id}/erasure", responses=refusing("wrong-state", "last-main-user", "last-staff"))
@operation(people_only=True, strong_sign_in=True)
async def erase_person(writer: Write, person_id: UUID, body: ErasureIn) -> Erasure:
    """Erase a person's data.

    Removes the name, the email address, the telephone number and the sign-ins permanently. Roles end, open applications
    are withdrawn, and feeds and the person's API keys are revoked. Emails lose their address and text. The audit keeps
    only the person's ID. The response lists the data that must be kept, why and until when.

    **Who:** the person, staff.
    """
    return await personal_data.erase(writer, person_id, reason=body.reason)
