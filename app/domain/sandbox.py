"""What only a sandbox has: people anybody may be, and a clock anybody may set."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access import Role
from app.domain.calendar.deadlines import FIRST_YEAR, HELSINKI, LAST_YEAR
from app.domain.errors import Fault, Invalid
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
    # An instant at the very ends of the calendar has no Finnish time.
    if not FIRST_YEAR - 1 <= now.year <= LAST_YEAR + 1 or not FIRST_YEAR <= now.astimezone(HELSINKI).year <= LAST_YEAR:
        raise Invalid(Fault("/now", "out-of-range", {"first_year": FIRST_YEAR, "last_year": LAST_YEAR}))
