"""People (henkilöt), and what they may see of one another."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from app.domain.access import Actor, Role, check_person, check_staff
from app.domain.errors import Forbidden, SamePerson
from app.domain.organisations.organisations import Language, OrganisationKind
from app.domain.values import Shown


@dataclass(frozen=True)
class Person(Shown):
    id: UUID
    name: str
    """Name of the person."""
    email: str
    """Email address of the person."""
    email_verified_at: datetime | None
    """When the email address was verified. `null` if it has not been verified: until then emails go to the address that
    was verified last, if there is one."""
    phone: str | None
    language: Language
    """Language of the emails sent to the person."""
    merged_into: UUID | None
    """ID of the person that this record was merged into. `null` if it has not been merged."""


class PersonChanges(TypedDict, total=False):
    """What people change in their own record."""

    name: str
    email: str
    phone: str | None
    language: Language


@dataclass(frozen=True)
class HeldRole(Shown):
    role: Role
    """Role of the person."""
    organisation_id: UUID | None
    """ID of the organisation. `null` if the role is for the study centre."""
    organisation_name: str | None
    """Name of the organisation. `null` if the role is for the study centre."""
    valid_from: datetime
    """When the role begins."""
    valid_until: datetime | None
    """When the role ends. `null` if it has no end date."""


@dataclass(frozen=True)
class OwnOrganisation(Shown):
    """An organisation that the person has a role in."""

    id: UUID
    name: str
    """Name of the organisation."""
    kind: OrganisationKind
    """Kind of organisation."""
    central_organisation_id: UUID


@dataclass(frozen=True)
class Me(Shown):
    person: Person
    """Your own record."""
    roles: list[HeldRole]
    """Roles in force now."""
    organisations: list[OwnOrganisation]
    """Organisations that the roles are for. Everything below them can be reached too."""


def people_reach_of(actor: Actor) -> list[UUID] | None:
    """Return the tops of the trees whose people the actor sees. None is all people (rulebook §2.5).

    An API key sees nobody.
    """
    if actor.scopes is not None:
        return []
    if actor.has("staff", "auditor"):
        return None
    return actor.organisations_of("main_user", "unit_manager")


def check_may_merge(actor: Actor, person_id: UUID, other_id: UUID) -> None:
    """Check for staff, but not for their own record: a merger lets them act as the other (rulebook §2.5)."""
    check_person(actor)
    check_staff(actor)
    if actor.person_id in {person_id, other_id}:
        raise Forbidden(because="own-matter")


def check_two(person_id: UUID, other_id: UUID) -> None:
    """Check that the two records differ (rulebook §2.5). Raise SamePerson."""
    if person_id == other_id:
        raise SamePerson(pointer="/person_id", person_id=person_id)
