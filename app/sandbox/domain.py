"""Values and rules that only a sandbox has: demo people and the clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access import Role
from app.domain.calendar.deadlines import instants_out_of_range
from app.domain.errors import Invalid
from app.domain.organisations.organisations import Language


@dataclass(frozen=True)
class DemoRole:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    role: Role
    organisation_id: UUID | None
    """Null is the study centre itself."""
    organisation_name: str | None


@dataclass(frozen=True)
class DemoPerson:
    """Somebody to try the service as: `POST /v1/sandbox/tokens` gives the token."""

    id: UUID
    name: str
    email: str
    language: Language
    roles: list[DemoRole]


@dataclass(frozen=True)
class Clock:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    now: datetime
    """The service's present, for all processes."""
    standing: bool
    """Whether it stands at that instant; else it is real time."""


def check_clock(now: datetime) -> None:
    """The clock stands within the years that the service knows (rulebook §4.2)."""
    if faults := instants_out_of_range(now=now):
        raise Invalid(*faults)
