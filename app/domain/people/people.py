"""Persons (henkilöt), and what each may know of itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from app.domain.access import Actor, Role, check_person, check_staff
from app.domain.errors import Forbidden, SamePerson
from app.domain.organisations.organisations import Language, OrganisationKind


@dataclass(frozen=True)
class Person:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    name: str
    email: str
    phone: str | None
    language: Language
    """Of the mails sent to the person."""
    merged_into: UUID | None
    """Who this person turned out to be; that one has what both had."""


class PersonChanges(TypedDict, total=False):
    """What persons change of themselves."""

    name: str
    email: str
    phone: str | None
    language: Language


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


def people_reach_of(actor: Actor) -> list[UUID] | None:
    """The organisations at the tops of the trees whose people the actor sees; None is everybody (rulebook §2.5)."""
    if actor.has("staff", "auditor"):
        return None
    tops = (grant for grant in actor.roles if grant.role in {"main_user", "unit_manager"})
    return sorted({grant.organisation_id for grant in tops if grant.organisation_id})


def check_may_merge(actor: Actor, person_id: UUID, other_id: UUID) -> None:
    """Staff, and not themselves: who takes over another's sign-in acts as that one (rulebook §2.5)."""
    check_person(actor)
    check_staff(actor)
    if actor.person_id in {person_id, other_id}:
        raise Forbidden(because="own-matter")


def check_two(person_id: UUID, other_id: UUID) -> None:
    """Those who are merged are two (rulebook §2.5). Raises SamePerson."""
    if person_id == other_id:
        raise SamePerson(pointer="/person_id", person_id=person_id)
