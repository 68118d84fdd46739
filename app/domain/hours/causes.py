"""What hours move for, and what people call by a reference: the kinds of both, and where each is read (rulebook
§6.10)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.domain.values import Shown

ReferenceType = Literal[
    "hour_proposal",
    "hour_decision",
    "peer_group_quota",
    "supplementary_hour_request",
    "allotment_request",
    "hour_return",
    "hour_correction",
    "main_user_application",
    "training",
    "peer_group",
    "cost_statement",
]
COLLECTIONS = {
    "hour_proposal": "hour-proposals",
    "hour_decision": "hour-decisions",
    "peer_group_quota": "peer-group-quotas",
    "supplementary_hour_request": "supplementary-hour-requests",
    "allotment_request": "allotment-requests",
    "hour_return": "hour-returns",
    "hour_correction": "hour-corrections",
    "main_user_application": "main-user-applications",
    "training": "trainings",
    "peer_group": "peer-groups",
    "cost_statement": "cost-statements",
}
"""Where the resources of a type are. Causes of other types have no page."""
DISTRIBUTION = "hour_distribution"
"""Cause without a reference, whose ID is that of the organisation. Each year has a page."""
OF_POOL = frozenset(("hour_pool", "hour_pool_closing"))
"""Causes without a reference, whose ID names one change of the pool or its closing. Each year has a page."""


@dataclass(frozen=True)
class Reference(Shown):
    """What a reference names."""

    reference: str
    type: ReferenceType
    """Type of the resource."""
    id: UUID
    organisation_id: UUID
    """ID of the organisation whose it is."""

    path: str
    """Path of the resource."""


def path_of(cause_type: str, cause_id: UUID, year: int | None = None) -> str | None:
    """Return the path at which the cause of transfers of the year is read. None if it has no page."""
    if cause_type == DISTRIBUTION and year is not None:
        return f"/v1/organisations/{cause_id}/hour-distribution/{year}"
    if cause_type in OF_POOL and year is not None:
        return f"/v1/hour-pools/{year}"
    collection = COLLECTIONS.get(cause_type)
    return f"/v1/{collection}/{cause_id}" if collection else None
