"""Permissions: who may do what for which organisation (käyttöoikeudet; rulebook §2)."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.errors import Forbidden, NotFound, StrongAuthenticationRequired, Unauthenticated

Role = Literal["staff", "main_user", "unit_manager", "training_manager", "observer", "auditor"]
CENTRE_ROLES: frozenset[Role] = frozenset({"staff", "auditor"})


@dataclass(frozen=True)
class RoleGrant:
    """A person's role for an organisation, or for the study centre if `organisation_id` is None."""

    role: Role
    organisation_id: UUID | None
    valid_from: datetime
    valid_until: datetime | None

    def is_in_force(self, now: datetime) -> bool:
        return self.valid_from <= now and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True)
class Authentication:
    """How the caller signed in, according to the token's issuer."""

    is_strong: bool = False
    at: datetime | None = None
    """In real time, even if the sandbox's clock is set. None if the issuer does not say."""
    issuer: str = ""
    subject: str = ""
    acr: str | None = None
    strong_acr: tuple[str, ...] = ()
    """The `acr` values that count as strong at this issuer."""
    expires_at: datetime | None = None
    """When the token stops being accepted, in real time."""
    verified_email: str | None = None
    """The email address that the issuer has verified. None if the token names none."""

    def has_expired(self, real_now: datetime) -> bool:
        return self.expires_at is not None and real_now >= self.expires_at


NO_SIGN_IN = Authentication()


@dataclass(frozen=True)
class Actor:
    """The caller, with the roles that are in force now."""

    person_id: UUID
    """The person's ID, or the API key's own ID, which is recorded as the author of what the key creates."""
    roles: tuple[RoleGrant, ...]
    scopes: frozenset[str] | None = None
    """What an API key may do, for example `hours:read`. None for a person, who may do what the roles allow."""
    authentication: Authentication = NO_SIGN_IN
    other_ids: frozenset[UUID] = frozenset()
    """IDs of the records merged into this person, and of the API keys that any of them created. What these create
    counts as the person's own."""
    name: str | None = None
    """Name of the person or API key, where the caller writes."""

    @classmethod
    def at(
        cls,
        person_id: UUID,
        grants: Iterable[RoleGrant],
        now: datetime,
        *,
        scopes: frozenset[str] | None = None,
        authentication: Authentication = NO_SIGN_IN,
        other_ids: Iterable[UUID] = (),
        name: str | None = None,
    ) -> "Actor":
        in_force = tuple(grant for grant in grants if grant.is_in_force(now))
        return cls(person_id, in_force, scopes, authentication, frozenset(other_ids), name)

    @property
    def own_ids(self) -> list[UUID]:
        """The IDs under which this person acts and has acted (rulebook §2.4, §2.5)."""
        return [self.person_id, *self.other_ids]

    def is_among(self, ids: Container[UUID | None]) -> bool:
        """Whether one of the IDs is this person's."""
        return any(own_id in ids for own_id in self.own_ids)

    def has(self, *roles: Role) -> bool:
        return any(grant.role in roles for grant in self.roles)

    def organisations_of(self, *roles: Role) -> list[UUID]:
        """The organisations for which the actor has one of the roles."""
        return sorted({g.organisation_id for g in self.roles if g.role in roles and g.organisation_id})

    def has_for(self, place: "Place", *roles: Role) -> bool:
        """Whether the actor has one of the roles for the place or for something above it."""
        return any(g.role in roles and g.organisation_id in place.ancestors for g in self.roles)


SERVICE = Actor(UUID(int=0), ())
"""The service itself, when it acts because time has passed. It is nobody's actor and has no role."""


@dataclass(frozen=True)
class Place:
    """The place of an organisation in its tree."""

    organisation_id: UUID
    central_organisation_id: UUID
    ancestors: frozenset[UUID]
    """The organisation itself and all above it."""

    @property
    def is_central(self) -> bool:
        return self.organisation_id == self.central_organisation_id


def reach_of(actor: Actor) -> list[UUID] | None:
    """Return the organisations at the tops of the actor's reach. None is the complete study centre (rulebook §2.2)."""
    if actor.has("staff", "auditor"):
        return None
    return sorted({grant.organisation_id for grant in actor.roles if grant.organisation_id})


def acting_reach_of(actor: Actor) -> list[UUID] | None:
    """As `reach_of`, without what the actor only observes (rulebook §2.2)."""
    return reach_of(replace(actor, roles=tuple(grant for grant in actor.roles if grant.role != "observer")))


def is_within_reach(actor: Actor, place: Place) -> bool:
    reach = reach_of(actor)
    return reach is None or not place.ancestors.isdisjoint(reach)


def only_observes(actor: Actor, place: Place) -> bool:
    """Whether the actor reaches the place, but only as an observer (rulebook §2.2)."""
    acting = acting_reach_of(actor)
    return is_within_reach(actor, place) and acting is not None and place.ancestors.isdisjoint(acting)


def check_reach(actor: Actor, place: Place | None, *, pointer: str | None = None) -> Place:
    """Return the place if it exists and is in reach. Raise NotFound, the same for both (rulebook §2.2)."""
    if place is None or not is_within_reach(actor, place):
        raise NotFound(pointer=pointer)
    return place


def check_person(actor: Actor) -> None:
    """Check that a person acts, not an API key: to sign, to grant roles, to create keys (rulebook §2.4)."""
    if actor.scopes is not None:
        raise Forbidden(because="person-only")


def check_still_registered(is_registered: bool, /) -> None:
    """Check that nobody merged or erased the caller after the request had begun. Raise Unauthenticated."""
    if not is_registered:
        raise Unauthenticated


def check_scope(actor: Actor, scope: str) -> None:
    """Check that an API key has the scope (rulebook §2.4). Raise Forbidden, with the missing `scope`."""
    if actor.scopes is not None and scope not in actor.scopes:
        raise Forbidden(scope=scope)


def check_strong(actor: Actor) -> None:
    """Check that the sign-in was a strong authentication (vahva tunnistautuminen; rulebook §2.3)."""
    if not actor.authentication.is_strong:
        raise StrongAuthenticationRequired(acr_values=list(actor.authentication.strong_acr))


def check_fresh(actor: Actor, real_now: datetime, *, minutes: int = 5) -> None:
    """Check that the sign-in was strong and no older than the minutes, by the person who acts now (rulebook §2.3)."""
    signed_in = actor.authentication
    if not signed_in.is_strong or signed_in.at is None or real_now - signed_in.at > timedelta(minutes=minutes):
        raise StrongAuthenticationRequired(acr_values=list(signed_in.strong_acr), max_age=minutes * 60)


def check_staff(actor: Actor) -> None:
    if not actor.has("staff"):
        raise Forbidden(roles=["staff"])


def is_own_matter(actor: Actor, place: Place, makers: Container[UUID | None]) -> bool:
    """Whether the actor created or sent it, or the actor's own organisation requests it (rulebook §2.2)."""
    return actor.is_among(makers) or actor.has_for(place, "main_user")


def check_not_own(actor: Actor, place: Place, makers: Container[UUID | None], *, pointer: str | None = None) -> None:
    """Check that nobody decides an own matter (rulebook §2.2). Raise Forbidden."""
    if is_own_matter(actor, place, makers):
        raise Forbidden(pointer=pointer, because="own-matter")


def check_staff_or_auditor(actor: Actor) -> None:
    if not actor.has("staff", "auditor"):
        raise Forbidden(roles=["staff", "auditor"])


def check_main_user(actor: Actor, place: Place) -> None:
    """Check for the main user, not staff: the matter is the organisation's own (rulebook §2.2)."""
    check_role(actor, place, "main_user")


def check_main_user_or_staff(actor: Actor, place: Place) -> None:
    check_role(actor, place, "main_user", "staff")


def check_role(actor: Actor, place: Place, *roles: Role) -> None:
    """Check for one of the roles, for the place or for something above it. The study centre's roles are above all."""
    if not (actor.has_for(place, *roles) or actor.has(*CENTRE_ROLES.intersection(roles))):
        raise Forbidden(roles=list(roles))


OVERSEERS: tuple[Role, ...] = ("main_user", "unit_manager")
"""Roles that see which people in their own tree have a role or apply for one."""


def overseen_of(actor: Actor) -> list[UUID] | None:
    """Return the tops of the trees in which the actor sees other people's roles. None is all (rulebook §2.6)."""
    if actor.has("staff", "auditor"):
        return None
    return actor.organisations_of(*OVERSEERS)


def check_not_oneself(actor: Actor, person_id: UUID, *, pointer: str | None = None) -> None:
    """Check that nobody grants themselves a role or decides their own matter (rulebook §2.6, §3.10).

    Raise Forbidden.
    """
    if actor.is_among({person_id}):
        raise Forbidden(pointer=pointer, because="own-matter")
