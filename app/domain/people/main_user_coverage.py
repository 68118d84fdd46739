"""Which central organisations have enough main users: one is required, several are better (rulebook §2.7)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.domain.values import Shown

Coverage = Literal["none", "one", "several"]


@dataclass(frozen=True)
class MainUserCoverage(Shown):
    organisation_id: UUID
    organisation_name: str
    main_users: int
    """Number of people who are main users now."""
    lasting: int
    """Number of those main users whose role has no end date."""
    coverage: Coverage
    """Whether the organisation has no, one or several main users."""
