"""Onboarding (perehdytys): a new main user's four steps, each with its day (rulebook §3.9)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

OnboardingState = Literal["open", "done"]


@dataclass(frozen=True)
class Onboarding:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    role_grant_id: UUID
    """The main user's right that it goes with."""
    person_id: UUID
    person_name: str
    organisation_id: UUID
    organisation_name: str
    right_given_on: date
    """Step 1, credentials and application: the day on which the right was given. The service knows it."""
    inductor_id: UUID | None
    """Who gives the induction: another main user, the predecessor or staff."""
    inductor_name: str | None
    """Theirs, or of somebody whom the service does not know."""
    inducted_on: date | None
    """Step 2, induction."""
    service_known_on: date | None
    """Step 3, getting to know the service."""
    member_services_known_on: date | None
    """Step 4, getting to know the study centre's services to its members."""
    state: OnboardingState
    """`done` once all four steps have their days."""
    created_at: datetime
