"""Quotas of peer study groups (vertaisopintoryhmien kiintiö): staff grant them to central organisations, without
proposals (rulebook §3.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access import Actor, check_not_own
from app.domain.hours.grants import Candidate, GrantItem, organisation_pointer
from app.domain.values import Shown


@dataclass(frozen=True)
class PeerGroupQuota(Shown):
    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """Hours granted."""
    reason: str | None
    """Reason for the quota. `null` if none was given."""
    decided_by: UUID
    """ID of the person who granted the quota."""
    decided_by_name: str | None
    decided_at: datetime
    """When the quota was granted."""


@dataclass(frozen=True)
class PeerGroupQuotas(Shown):
    items: list[PeerGroupQuota]
    """Quotas granted by the request, in the order of the request."""


def check_none_own(actor: Actor, items: Sequence[GrantItem], candidates: Mapping[UUID, Candidate]) -> None:
    """Check that nobody grants to their own organisation (rulebook §2.2). Raise Forbidden."""
    for index, item in enumerate(items):
        check_not_own(actor, candidates[item.organisation_id].place, (), pointer=organisation_pointer(index))
