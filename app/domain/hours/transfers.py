"""Entries of the ledger (tapahtumat) as they are shown: what moved, from where to where, why, by whom
(rulebook §3.12)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.domain.hours.ledger import Holding, HourType, TransferKind
from app.domain.values import Shown


@dataclass(frozen=True)
class Cause(Shown):
    """What made the hours move, for example `supplementary_hour_request` and its ID."""

    type: str
    """Type of the resource that caused the transfer."""
    id: UUID
    """ID of the resource that caused the transfer."""


@dataclass(frozen=True)
class PostedTransfer(Shown):
    id: UUID
    kind: TransferKind
    """Kind of transfer."""
    hours: int
    """Hours moved."""
    source: Holding = field(metadata={"serialization_alias": "from"})
    """Account that the hours were taken from."""
    target: Holding = field(metadata={"serialization_alias": "to"})
    """Account that the hours were added to."""
    cause: Cause
    """Resource that caused the transfer."""
    actor: UUID | None
    """ID of the person who made the transfer. `null` if a job made it."""
    actor_name: str | None
    made_at: datetime
    """When the transfer was made."""
    hour_type: HourType
    """Type of the hours."""
