"""Corrections (korjaus): staff correct a mistake with another transfer (rulebook §3.13)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.errors import PoolExceeded
from app.domain.hours.ledger import HourType
from app.domain.values import Shown


@dataclass(frozen=True)
class HourCorrection(Shown):
    id: UUID
    reference: str | None
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """Hours added to the organisation, or taken from it if negative. In a closed year they change what has lapsed."""
    reason: str
    """Reason for the correction."""
    corrects_transfer_id: UUID | None
    """ID of the transfer that the correction puts right. `null` if none was named."""
    made_by: UUID
    """ID of the person who made the correction."""
    made_by_name: str | None
    made_at: datetime
    """When the correction was made."""
    hour_type: HourType
    """Type of the hours."""


def check_correction(available: int, hours: int) -> None:
    """Check that no more is taken than there is, from the pool its `available` (rulebook §3.13). Raise PoolExceeded."""
    if hours > available:
        raise PoolExceeded(available=available, asked=hours)
