"""Submission, endorsement and decision of the plans of peer groups: `/v1/peer-groups/{id}/…`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import NoBody, Write, WriteOnce
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.api.trainings.submissions import CancellationIn, EndorsementIn, ExceptionIn, TrainingDecisionIn
from app.domain.trainings.trainings import PeerGroup, peer_group_of
from app.services.trainings import submissions

router = APIRouter(prefix="/peer-groups/{peer_group_id}", route_class=Operation, tags=["Peer study groups"])


@router.post(
    "/submission",
    responses=refusing(
        "wrong-state",
        "activity-not-supported",
        "year-closed",
        "not-a-member",
        "runs-no-trainings",
        "window-closed",
        "plan-window-closed",
        "quota-exceeded",
    ),
)
@operation(scope="trainings:write")
async def submit_peer_group(writer: WriteOnce, peer_group_id: UUID, _: NoBody = None) -> PeerGroup:
    """Submit the plan of a peer group.

    Reserves the hours of the plan, of the common hours of the central organisation. The plan can be submitted until
    `plan_closes_on`, also after the group has begun. A plan that was sent back keeps its hours, and only the difference
    moves. After the last day of the year’s cost statements no plan is submitted for the first time. The name must not
    be that of a meeting, a trip or a camp, unless staff have accepted it.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return peer_group_of(await submissions.submit_training(writer, "peer_group", peer_group_id))


@router.post("/endorsement", responses=refusing("wrong-state"))
@operation(people_only=True)
async def endorse_peer_group(writer: WriteOnce, peer_group_id: UUID, body: EndorsementIn) -> PeerGroup:
    """Endorse the plan of a peer group.

    Decides whether the plan goes to the study centre, if the central organisation’s rules have plans go through the
    main user.

    **Who:** main users.
    """
    group = await submissions.endorse_training(
        writer, "peer_group", peer_group_id, outcome=body.outcome, reason=body.reason, answer_by=body.answer_by
    )
    return peer_group_of(group)


@router.post("/decision", responses=refusing("wrong-state"))
@operation(people_only=True)
async def decide_peer_group(writer: WriteOnce, peer_group_id: UUID, body: TrainingDecisionIn) -> PeerGroup:
    """Decide the plan of a peer group.

    Approves the plan, sends it back or rejects it. A rejection frees the hours.

    **Who:** staff, except those whose own matter it is.
    """
    group = await submissions.decide_training(
        writer, "peer_group", peer_group_id, outcome=body.outcome, reason=body.reason, answer_by=body.answer_by
    )
    return peer_group_of(group)


@router.post("/exceptions", responses=refusing("wrong-state"))
@operation(people_only=True)
async def except_peer_group(writer: Write, peer_group_id: UUID, body: ExceptionIn) -> PeerGroup:
    """Grant an exception for the plan of a peer group.

    Lets the plan be submitted until a day, whatever its plan window, or accepts the name that it has now.

    **Who:** staff, except those whose own matter it is.
    """
    group = await submissions.except_training(
        writer, "peer_group", peer_group_id, rule=body.rule, until=body.until, reason=body.reason
    )
    return peer_group_of(group)


@router.post("/withdrawal", responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def withdraw_peer_group(writer: WriteOnce, peer_group_id: UUID, _: NoBody = None) -> PeerGroup:
    """Withdraw the plan of a peer group.

    Possible until the plan has been decided. Frees the hours.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    return peer_group_of(await submissions.withdraw_training(writer, "peer_group", peer_group_id))


@router.post("/cancellation", responses=refusing("wrong-state"))
@operation(scope="trainings:write")
async def cancel_peer_group(writer: WriteOnce, peer_group_id: UUID, body: CancellationIn) -> PeerGroup:
    """Cancel a peer group.

    Cancels an approved group that has not met, and frees its hours. A group that was broken off is not cancelled: its
    cost statement has the hours that were held.

    **Who:** training managers of the organisation, its unit managers and main users, staff.
    """
    group = await submissions.cancel_training(writer, "peer_group", peer_group_id, reason=body.reason)
    return peer_group_of(group)
