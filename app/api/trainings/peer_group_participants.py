"""`/v1/peer-groups/{id}/participants` and `/v1/peer-groups/{id}/participant-imports`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, File, PlainWrite, RecordedList, Remove, Write, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import operation
from app.api.shapes import Body, Email, Flag, Line
from app.api.trainings.participant_imports import TABLE_IN, check_cells
from app.api.trainings.participants import READ_AGAIN, ParticipantPatch
from app.db.paging import Slice
from app.domain.trainings.participant_imports import ParticipantImport
from app.domain.trainings.participants import Gender, Participant
from app.services.trainings import participant_imports, participants

router = APIRouter(prefix="/peer-groups/{peer_group_id}", route_class=Operation, tags=["Participants"])


class PeerGroupParticipantIn(Body):
    name: Line
    """Name of the participant. It is kept as it is written."""
    email: Email | None = None
    """Email address. An address is in a peer group once. `null` if not known."""
    gender: Gender | None = None
    """Gender. `null` if not known."""
    under_age: Flag = False
    """Whether the participant is too young to count for the support."""


@router.post("/participants", status_code=201, responses=refusing("wrong-state", "already-exists"))
@operation(scope="participants:write", personal_data=True, secret_answer=True, read_again=READ_AGAIN)
async def add_peer_group_participant(writer: Write, peer_group_id: UUID, body: PeerGroupParticipantIn) -> Participant:
    """Add a participant to a peer group.

    Possible until the cost statement is submitted. Two spellings of one email address are the same address. A repeated
    request returns the participant as it is by then.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await participants.add_participant(
        writer,
        "peer_group",
        peer_group_id,
        {"name": body.name, "email": body.email, "gender": body.gender, "under_age": body.under_age},
    )


@router.get("/participants", response_model=Page[Participant])
@operation(scope="participants:read", personal_data=True, csv=True)
async def list_peer_group_participants(writer: RecordedList, page: Paging, peer_group_id: UUID) -> Slice[Participant]:
    """List the participants of a peer group.

    The newest come first. Each reading by staff is recorded in the audit. In a CSV a name that a spreadsheet would take
    for a formula begins with `'`.

    **Who:** training managers of the organisation, its unit managers and main users, staff named to see participants.
    """
    return await participants.list_participants(writer, "peer_group", page, peer_group_id)


@router.get("/participants/{participant_id}")
@operation(scope="participants:read", personal_data=True)
async def get_peer_group_participant(writer: PlainWrite, peer_group_id: UUID, participant_id: UUID) -> Participant:
    """Get a participant of a peer group.

    Each reading by staff is recorded in the audit.

    **Who:** training managers of the organisation, its unit managers and main users, staff named to see participants.
    """
    return await participants.get_participant(writer, "peer_group", peer_group_id, participant_id)


@router.patch("/participants/{participant_id}", responses=refusing("wrong-state", "already-exists"))
@operation(scope="participants:write", personal_data=True, secret_answer=True, read_again=READ_AGAIN)
async def change_peer_group_participant(
    writer: Edit, peer_group_id: UUID, participant_id: UUID, body: ParticipantPatch
) -> Participant:
    """Change a participant of a peer group.

    Possible until the cost statement is submitted, and not for anonymous participants. A repeated request returns the
    participant as it is by then.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return await participants.change_participant(
        writer, "peer_group", peer_group_id, participant_id, body.given(), writer.expected
    )


@router.delete("/participants/{participant_id}", status_code=204, responses=refusing("wrong-state"))
@operation(scope="participants:write")
async def remove_peer_group_participant(writer: Remove, peer_group_id: UUID, participant_id: UUID) -> None:
    """Remove a participant from a peer group.

    Possible until the cost statement is submitted, and not for anonymous participants.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    await participants.remove_participant(writer, "peer_group", peer_group_id, participant_id, writer.expected)


@router.post(
    "/participant-imports",
    status_code=201,
    response_model=ParticipantImport,
    responses=NO_LOCATION | refusing("wrong-state"),
)
@operation(scope="participants:write", file=TABLE_IN)
async def import_peer_group_participants(writer: WriteOnce, peer_group_id: UUID, file: File) -> Created:
    """Import participants of a peer group.

    Accepts CSV (UTF-8, with `;` or `,`) or XLSX, of which the first sheet is read: at most 10,000 rows and 5 MiB. The
    first row has the names of the columns: `name`, `email`, `gender`, `under_age`, or their Finnish or Swedish names.
    Only `name` is required. If a row has an error, no participant is added. `errors` lists the first 100 errors with
    their rows and columns, and `faults` is the number of all.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    imported = await participant_imports.import_participants(
        writer,
        "peer_group",
        peer_group_id,
        content=file.content,
        media_type=file.media_type,
        check=check_cells,
    )
    return Created(imported, None)
