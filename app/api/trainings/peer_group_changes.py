"""`/v1/peer-groups/{id}/changes`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Read, Write, WriteOnce
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.trainings.peer_groups import PeerGroupPatch
from app.api.trainings.training_changes import ChangeDecisionIn
from app.db.paging import Slice
from app.domain.trainings.training_changes import PeerGroupChange, peer_group_change_of
from app.services.trainings import training_changes

router = APIRouter(prefix="/peer-groups/{peer_group_id}/changes", route_class=Operation, tags=["Peer study groups"])


@router.post(
    "",
    status_code=201,
    responses=refusing(
        "wrong-state",
        "already-exists",
        "activity-not-supported",
        "not-a-member",
        "runs-no-trainings",
        "plan-window-closed",
        "quota-exceeded",
    ),
)
@operation(scope="trainings:write")
async def submit_peer_group_change(writer: WriteOnce, peer_group_id: UUID, body: PeerGroupPatch) -> PeerGroupChange:
    """Submit a change of the approved plan of a peer group.

    The body has the fields that change. More hours are reserved immediately, and the present plan is in force until the
    decision. The last day is the day before the first session that the change alters. If it alters none, the last day
    is the day before the first session that has not ended. When all have ended, the error is `wrong-state`, with
    `because` of `course-ended`.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    change = await training_changes.submit_change(writer, "peer_group", peer_group_id, fields=body.fields())
    return peer_group_change_of(change)


@router.get("", response_model=Page[PeerGroupChange])
@operation(scope="trainings:read", personal_data=True)
async def list_peer_group_changes(reader: Read, page: Paging, peer_group_id: UUID) -> Slice[PeerGroupChange]:
    """List the changes of the plan of a peer group.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    found = await training_changes.list_changes(reader, "peer_group", page, peer_group_id)
    return Slice([peer_group_change_of(change) for change in found.items], found.next_key)


@router.get("/{change_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_peer_group_change(reader: Read, peer_group_id: UUID, change_id: UUID) -> PeerGroupChange:
    """Get a change of the plan of a peer group.

    Includes the complete plan with the change.

    **Who:** everyone with a role, within their reach.
    """
    return peer_group_change_of(await training_changes.get_change(reader, "peer_group", peer_group_id, change_id))


@router.post(
    "/{change_id}/decision",
    responses=refusing("wrong-state", "activity-not-supported", "year-closed", "not-a-member", "runs-no-trainings"),
)
@operation(people_only=True)
async def decide_peer_group_change(
    writer: WriteOnce, peer_group_id: UUID, change_id: UUID, body: ChangeDecisionIn
) -> PeerGroupChange:
    """Decide a change of the plan of a peer group.

    What is approved is the present plan with the change, which is checked as at its submission.

    **Who:** staff, except those whose own matter it is.
    """
    change = await training_changes.decide_change(
        writer, "peer_group", peer_group_id, change_id, outcome=body.outcome, reason=body.reason
    )
    return peer_group_change_of(change)


@router.post("/{change_id}/withdrawal", responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def withdraw_peer_group_change(
    writer: Write, peer_group_id: UUID, change_id: UUID, _: NoBody = None
) -> PeerGroupChange:
    """Withdraw a change of the plan of a peer group.

    Possible until the change has been decided. Frees the hours that it added.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    change = await training_changes.withdraw_change(writer, "peer_group", peer_group_id, change_id)
    return peer_group_change_of(change)
