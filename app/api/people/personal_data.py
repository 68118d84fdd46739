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
    """It goes into the audit: name nobody in it."""


@router.get("/{person_id}/data")
@operation(people_only=True, personal_data=True)
async def get_personal_data(writer: PlainWrite, person_id: UUID) -> PersonalData:
    """Everything that is held on a person, in one answer (the person, staff)."""
    return await personal_data.export_data(writer, person_id)


@router.post("/{person_id}/erasure", responses=refusing("wrong-state", "last-main-user", "last-staff"))
@operation(people_only=True, strong_sign_in=True)
async def erase_person(writer: Write, person_id: UUID, body: ErasureIn) -> Erasure:
    """Erase a person for good: the answer names what the law keeps, why and until when (the person, staff).

    Name, address, telephone and sign-ins go; rights end, open applications are withdrawn, feeds and the keys that the
    person made are revoked, mails lose their address and text. The audit stays whole, with the id alone.
    """
    return await personal_data.erase(writer, person_id, reason=body.reason)
