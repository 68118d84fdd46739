"""Which central organisations have main users enough: one is a must, several are better (rulebook §2.7)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Coverage = Literal["none", "one", "several"]


@dataclass(frozen=True)
class MainUserCoverage:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    organisation_id: UUID
    organisation_name: str
    main_users: int
    """How many people hold the right now."""
    lasting: int
    """How many of them without an end."""
    coverage: Coverage
