"""Corrections (oikaisu): the staff put a mistake right by moving hours once more (rulebook §3.13)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.errors import PoolExceeded


@dataclass(frozen=True)
class HourCorrection:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    organisation_id: UUID
    organisation_name: str
    year: int
    hours: int
    """More for the organisation, or less where below 0; in a closed year of what has lapsed."""
    reason: str
    made_by: UUID
    made_at: datetime


def check_correction(available: int, hours: int) -> None:
    """Never more than is there (rulebook §3.13): of the pool's `available`. Raises PoolExceeded."""
    if hours > available:
        raise PoolExceeded(available=available, asked=hours)
