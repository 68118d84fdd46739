"""`/v1/participant-searches` and `/v1/participant-erasures`."""

from fastapi import APIRouter

from app.api.conventions import PlainWrite, Write
from app.api.operations import Operation
from app.api.security import operation
from app.api.shapes import Body, Email, Text
from app.domain.trainings.participants import ParticipantErasure, ParticipantSearch
from app.services.trainings import participant_erasures

router = APIRouter(route_class=Operation, tags=["Participants"])


class ParticipantSearchIn(Body):
    email: Email
    """Email address of the participant, in any spelling."""


class ParticipantErasureIn(Body):
    email: Email
    """Email address of the participant, in any spelling."""
    reason: Text
    """Reason for the erasure. It is recorded in the audit, so do not name anyone in it."""


@router.post("/participant-searches")
@operation(people_only=True, personal_data=True, secret_answer=True)
async def search_participants(writer: PlainWrite, body: ParticipantSearchIn) -> ParticipantSearch:
    """Find participants by their email address.

    Returns the participants with the address in all training courses and peer groups. Each search is recorded in the
    audit, without the address.

    **Who:** main users within their tree, staff named to see participants.
    """
    return await participant_erasures.search_participants(writer, email=body.email)


@router.post("/participant-erasures")
@operation(people_only=True)
async def erase_participants(writer: Write, body: ParticipantErasureIn) -> ParticipantErasure:
    """Erase participants by their email address.

    Removes the name and the email address permanently, in all training courses and peer groups. Gender and age remain,
    so that statements and statistics stay as they are. The erasure is recorded in the audit, without the address.

    **Who:** main users within their tree, staff named to see participants.
    """
    return await participant_erasures.erase_participants(writer, email=body.email, reason=body.reason)
