"""Returns of hours (tuntien palautus): what will not be used goes back to the pool (rulebook §3.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.domain.errors import QuotaExceeded

ReturnState = Literal["booked"]


@dataclass(frozen=True)
class HourReturn:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """Moved from the organisation's common hours to the study centre's pool, where they can be granted again."""
    grounds: str | None
    state: ReturnState
    booked_by: UUID
    booked_at: datetime


def check_return(common: int, hours: int) -> None:
    """No more than is free in common; a unit's unspent allotment is recalled first (rulebook §3.4).

    Raises QuotaExceeded.
    """
    if hours > common:
        raise QuotaExceeded(available=common, asked=hours)
