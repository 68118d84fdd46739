"""`/v1/trainings/{id}/participants`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Edit, PlainWrite, RecordedList, Remove, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import refusing
from app.api.security import Ids, ReadAgain, operation
from app.api.shapes import UNSAID, Body, Email, Flag, Line
from app.db.paging import Slice
from app.db.sessions import Writer
from app.domain.errors import Fault, Invalid
from app.domain.trainings.participants import Gender, Participant, ParticipantData, Participants
from app.services.trainings import participants

router = APIRouter(
    prefix="/trainings/{training_id}/participants",
    route_class=Operation,
    tags=[
        Tag(
            "Participants",
            "Participants of training courses and peer groups. Only those who write the plan see them, and the staff "
            "named to see participants. Some time after the end of the year they become anonymous.",
        )
    ],
)


class ParticipantIn(Body):
    name: Line = UNSAID
    """Name of the participant. It is kept as it is written. Required without `enrolment_ids`."""
    email: Email | None = None
    """Email address. An address is in a training course or peer group once. `null` if not known."""
    gender: Gender | None = None
    """Gender. `null` if not known."""
    under_age: Flag = False
    """Whether the participant is too young to count for the support."""
    enrolment_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)] = UNSAID
    """IDs of the enrolments of those who came, instead of all other fields."""

    def said(self) -> tuple[list[UUID], ParticipantData]:
        """The enrolments, or what is said of one participant. Raise Invalid for both, and for neither."""
        given = self.model_fields_set
        if "enrolment_ids" in given:
            if others := sorted(given - {"enrolment_ids"}):
                raise Invalid(*(Fault(f"/{name}", "extra-forbidden") for name in others))
            return self.enrolment_ids, {}
        if "name" not in given:
            raise Invalid(Fault("/name", "missing"))
        return [], {"name": self.name, "email": self.email, "gender": self.gender, "under_age": self.under_age}


class ParticipantPatch(Body):
    name: Line = UNSAID
    """Name of the participant."""
    email: Email | None = UNSAID
    """Email address. `null` if not known."""
    gender: Gender | None = UNSAID
    """Gender. `null` if not known."""
    under_age: Flag = UNSAID
    """Whether the participant is too young to count for the support."""


def _ids_of(shown: Participant | Participants) -> Ids:
    return [each.id for each in shown.items] if isinstance(shown, Participants) else shown.id


async def _read(writer: Writer, ids: Ids) -> Participant | Created:
    shown = await participants.read_again(writer, ids)
    return Created(shown, location=None) if isinstance(shown, Participants) else shown


READ_AGAIN = ReadAgain(_ids_of, _read)
"""The participant, or those who were added together."""


@router.post(
    "",
    status_code=201,
    response_model=Participant | Participants,
    responses=refusing("wrong-state", "already-exists"),
)
@operation(scope="participants:write", personal_data=True, secret_answer=True, read_again=READ_AGAIN)
async def add_training_participant(writer: Write, training_id: UUID, body: ParticipantIn) -> Participant | Created:
    """Add a participant to a training course.

    Possible until the cost statement is submitted. Two spellings of one email address are the same address. With
    `enrolment_ids`, those who enrolled in the public calendar and came are added, all or none: the response lists them
    and has no `Location`. A repeated request returns them as they are by then.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    enrolment_ids, data = body.said()
    if enrolment_ids:
        return Created(await participants.add_enrolled(writer, training_id, enrolment_ids), location=None)
    return await participants.add_participant(writer, "training", training_id, data)


@router.get("", response_model=Page[Participant])
@operation(scope="participants:read", personal_data=True, csv=True)
async def list_training_participants(writer: RecordedList, page: Paging, training_id: UUID) -> Slice[Participant]:
    """List the participants of a training course.

    The newest come first. Each reading by staff is recorded in the audit. In a CSV a name that a spreadsheet would take
    for a formula begins with `'`.

    **Who:** training managers of the organisation, its unit managers and main users, staff named to see participants.
    """
    return await participants.list_participants(writer, "training", page, training_id)


@router.get("/{participant_id}")
@operation(scope="participants:read", personal_data=True)
async def get_training_participant(writer: PlainWrite, training_id: UUID, participant_id: UUID) -> Participant:
    """Get a participant of a training course.

    Each reading by staff is recorded in the audit.

    **Who:** training managers of the organisation, its unit managers and main users, staff named to see participants.
    """
    return await participants.get_participant(writer, "training", training_id, participant_id)


@router.patch("/{participant_id}", responses=refusing("wrong-state", "already-exists"))
@operation(scope="participants:write", personal_data=True, secret_answer=True, read_again=READ_AGAIN)
async def change_training_participant(
    writer: Edit, training_id: UUID, participant_id: UUID, body: ParticipantPatch
) -> Participant:
    """Change a participant of a training course.

    Possible until the cost statement is submitted, and not for anonymous participants. A repeated request returns the
    participant as it is by then.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await participants.change_participant(
        writer, "training", training_id, participant_id, body.given(), writer.expected
    )


@router.delete("/{participant_id}", status_code=204, responses=refusing("wrong-state"))
@operation(scope="participants:write")
async def remove_training_participant(writer: Remove, training_id: UUID, participant_id: UUID) -> None:
    """Remove a participant from a training course.

    Possible until the cost statement is submitted, and not for anonymous participants.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    await participants.remove_participant(writer, "training", training_id, participant_id, writer.expected)
