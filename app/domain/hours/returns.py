"""Returns of hours (tuntien palautus): unused hours go back to the pool (rulebook §3.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.errors import QuotaExceeded
from app.domain.values import Shown

ReturnState = Literal["booked"]


@dataclass(frozen=True)
class HourReturn(Shown):
    id: UUID
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """Hours moved from the organisation's common hours to the study centre's pool, where they can be granted again."""
    grounds: str | None
    """Grounds for the return. `null` if none were given."""
    state: ReturnState
    """State of the return."""
    booked_by: UUID
    """ID of the person who returned the hours."""
    booked_at: datetime
    """When the hours were returned."""


def check_return(common: int, hours: int) -> None:
    """Check that the common hours suffice. A unit's unused allotment is recalled first (rulebook §3.4).

    Raise QuotaExceeded.
    """
    if hours > common:
        raise QuotaExceeded(available=common, asked=hours)
