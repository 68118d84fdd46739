"""`/v1/peer-group-quotas`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.conventions import Read, WriteOnce
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.rendering import Created
from app.api.responses import NO_LOCATION, refusing
from app.api.security import operation
from app.api.shapes import AnyHours, Body, ChangedSince, References, Several, Text, Year, Years
from app.db.paging import Slice
from app.domain.hours.grants import GrantItem
from app.domain.hours.peer_group_quotas import PeerGroupQuota, PeerGroupQuotas
from app.services.hours import peer_group_quotas

router = APIRouter(
    prefix="/peer-group-quotas",
    route_class=Operation,
    tags=[
        Tag(
            "Peer group quotas",
            "The hours of peer study groups that the study centre grants to many organisations together, all or "
            "nothing. They are neither proposed, requested, distributed nor returned.",
        )
    ],
)


class PeerGroupQuotaIn(Body):
    organisation_id: UUID
    """ID of a central organisation, which may occur once in a request."""
    hours: AnyHours
    reason: Text | None = None
    """Reason for the quota. `null` if none is given."""


class PeerGroupQuotasIn(Body):
    year: Year
    items: Annotated[list[PeerGroupQuotaIn], Field(min_length=1, max_length=500)]
    """Quotas to grant, all together or none."""


@router.post(
    "",
    status_code=201,
    response_model=PeerGroupQuotas,
    responses=refusing("not-found", "not-central", "year-closed", "not-a-member", "already-exists", "pool-exceeded")
    | NO_LOCATION,
)
@operation(scope="hours:write")
async def make_peer_group_quotas(writer: WriteOnce, body: PeerGroupQuotasIn) -> Created:
    """Grant hours of peer groups to central organisations.

    Grants hours of the year from the pool of peer groups to many organisations, as their common hours. Either all
    quotas are granted or none. An organisation has one quota a year. Where two people decide on hours, quotas above 0
    are not granted, because there is no plan for them.

    **Who:** staff, except for their own organisations.
    """
    items = [GrantItem(**vars(item)) for item in body.items]
    return Created(await peer_group_quotas.grant_quotas(writer, year=body.year, items=items), location=None)


@router.get("", response_model=Page[PeerGroupQuota])
@operation(scope="hours:read", csv=True)
async def list_peer_group_quotas(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    year: Years = None,
    reference: References = None,
    changed_since: ChangedSince = None,
) -> Slice[PeerGroupQuota]:
    """List quotas of peer groups.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await peer_group_quotas.list_quotas(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        year=year,
        reference=reference,
        changed_since=changed_since,
    )


@router.get("/{quota_id}")
@operation(scope="hours:read")
async def get_peer_group_quota(reader: Read, quota_id: UUID) -> PeerGroupQuota:
    """Get a quota of peer groups.

    **Who:** everyone with a role, within their reach.
    """
    return await peer_group_quotas.get_quota(reader, quota_id)
