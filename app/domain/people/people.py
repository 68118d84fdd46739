"""Persons (henkilöt), and what each may know of itself."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access import Role
from app.domain.organisations.organisations import Language, OrganisationKind


@dataclass(frozen=True)
class Person:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    name: str
    email: str
    language: Language
    """Of the mails sent to the person."""


@dataclass(frozen=True)
class HeldRole:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    role: Role
    organisation_id: UUID | None
    """Null is the study centre itself."""
    organisation_name: str | None
    valid_from: datetime
    valid_until: datetime | None
    """The instant from which it holds no more; null is without end."""


@dataclass(frozen=True)
class OwnOrganisation:
    """An organisation that a role is held for."""

    id: UUID
    name: str
    kind: OrganisationKind
    central_organisation_id: UUID


@dataclass(frozen=True)
class Me:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    person: Person
    roles: list[HeldRole]
    """Those in force now."""
    organisations: list[OwnOrganisation]
    """Those that a role in force is held for; all below them are within reach too."""
