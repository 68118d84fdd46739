"""`/v1/peer-groups`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Edit, Read, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Line, SearchText, Year
from app.api.trainings.plans import GroupPlanIn
from app.api.trainings.trainings import CopiesIn, PlanFilters
from app.db.paging import Slice
from app.domain.trainings.trainings import (
    PeerGroup,
    PeerGroups,
    TrainingSummary,
    peer_group_of,
)
from app.services.trainings import trainings

router = APIRouter(
    prefix="/peer-groups",
    route_class=Operation,
    tags=[
        Tag(
            "Peer study groups",
            "Plans of peer study groups, which study without a trainer. Their hours are kept apart from those of "
            "training courses, and are all drawn from the common hours of the central organisation.",
        )
    ],
)


class PeerGroupIn(GroupPlanIn):
    organisation_id: UUID
    """ID of the organisation that runs the group."""
    year: Year
    """Year of all sessions."""
    name: Line
    """Name of the group."""


class PeerGroupPatch(GroupPlanIn):
    name: Line = UNSAID
    """Name of the group."""


@router.post("", status_code=201, responses=refusing("not-found"))
@operation(scope="trainings:write")
async def add_peer_group(writer: Write, body: PeerGroupIn) -> PeerGroup:
    """Add a peer group.

    Creates a draft of the plan. Drafts can be added at any time, and the rest of the plan by its submission.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    fields = body.fields()
    organisation_id, year = fields.pop("organisation_id"), fields.pop("year")
    group = await trainings.add_training(
        writer, "peer_group", organisation_id=organisation_id, year=year, fields=fields
    )
    return peer_group_of(group)


@router.get("", response_model=Page[TrainingSummary])
@operation(scope="trainings:read", csv=True)
async def list_peer_groups(
    reader: Read, page: Paging, filters: PlanFilters, q: SearchText = None
) -> Slice[TrainingSummary]:
    """List peer groups.

    The newest come first. `q` finds words of the name, the target group and the content.

    **Who:** everyone with a role, within their reach.
    """
    return await trainings.list_trainings(reader, "peer_group", page, q=q, **filters)


@router.get("/{peer_group_id}")
@operation(scope="trainings:read", personal_data=True)
async def get_peer_group(reader: Read, peer_group_id: UUID) -> PeerGroup:
    """Get a peer group.

    Includes the complete plan, its hours and the days on which something is due.

    **Who:** everyone with a role, within their reach.
    """
    return peer_group_of(await trainings.get_training(reader, "peer_group", peer_group_id))


@router.patch(
    "/{peer_group_id}", responses=refusing("wrong-state", "decision-required", "runs-no-trainings", "quota-exceeded")
)
@operation(scope="trainings:write")
async def change_peer_group(writer: Edit, peer_group_id: UUID, body: PeerGroupPatch) -> PeerGroup:
    """Change a peer group.

    Drafts and plans that were sent back can be changed freely. Of an approved plan, texts can be changed, and hours and
    members reduced, but no session that has begun, and no sessions, hours or members once the cost statement is
    submitted. Freed hours become available immediately. An open change keeps the hours that it needs.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    group = await trainings.change_training(
        writer, "peer_group", peer_group_id, changes=body.fields(), expected=writer.expected
    )
    return peer_group_of(group)


@router.post("/{peer_group_id}/copies", status_code=201, response_model=PeerGroups, responses=NO_LOCATION)
@operation(scope="trainings:write")
async def copy_peer_group(writer: Write, peer_group_id: UUID, body: CopiesIn) -> Created:
    """Copy a peer group.

    Adds a draft for each day, with the same plan and with sessions that begin on that day.

    **Who:** training managers of the organisation, its unit managers and main users.
    """
    copies = await trainings.copy_training(writer, "peer_group", peer_group_id, starts_on=body.starts_on)
    return Created(PeerGroups([peer_group_of(copy) for copy in copies]), location=None)
