"""What staff grant to many central organisations together, all or nothing: hours of courses by decisions (rulebook
§3.2), hours of peer study groups by quotas (rulebook §3.6). Both have one of an organisation and year."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domain.access import Actor, Place, check_reach
from app.domain.errors import AlreadyExists, Forbidden, PoolExceeded
from app.domain.hours.standing import check_central
from app.domain.lists import check_once
from app.domain.organisations.membership import check_member_in


@dataclass(frozen=True)
class GrantItem:
    """One grant of a batch, as it is requested."""

    organisation_id: UUID
    hours: int
    reason: str | None


@dataclass(frozen=True)
class Candidate:
    """An organisation that a grant is requested for."""

    place: Place
    name: str
    active_from: date
    active_until: date | None
    by_two: bool = False
    """Whether the study centre has its hours decided by two people now."""


def check_each_once(items: Sequence[GrantItem]) -> None:
    """Check that a batch has one grant for each organisation. Raise Invalid."""
    check_once((item.organisation_id for item in items), organisation_pointer("{}"))


def check_in_reach(actor: Actor, items: Sequence[GrantItem], candidates: Mapping[UUID, Candidate]) -> None:
    """Check that every organisation is in reach. Raise NotFound."""
    for index, item in enumerate(items):
        candidate = candidates.get(item.organisation_id)
        check_reach(actor, candidate.place if candidate else None, pointer=organisation_pointer(index))


def check_may_decide_alone(hours: Iterable[int], *, by_two: bool) -> None:
    """Check that hours above 0 are decided by plans alone, where two people decide (rulebook §3.2). Raise Forbidden."""
    if by_two and any(hours):
        raise Forbidden(because="decisions-by-two")


def check_may_grant_quotas(hours: Iterable[int], *, by_two: bool) -> None:
    """Check that no quota above 0 is granted where two people decide: no plan has quotas (rulebook §3.6). Raise
    Forbidden."""
    if by_two and any(hours):
        raise Forbidden(because="quotas-not-by-two", most_hours=0)


def check_centrals(items: Sequence[GrantItem], candidates: Mapping[UUID, Candidate]) -> None:
    """Check that every grant is for a central organisation (rulebook §3.2). Raise NotCentral."""
    for index, item in enumerate(items):
        check_central(candidates[item.organisation_id].place, pointer=organisation_pointer(index))


def check_members(year: int, items: Sequence[GrantItem], candidates: Mapping[UUID, Candidate]) -> None:
    """Check that the organisations are members in the year (rulebook §6.1). Raise NotAMember."""
    for index, item in enumerate(items):
        candidate = candidates[item.organisation_id]
        check_member_in(year, candidate.active_from, candidate.active_until, pointer=organisation_pointer(index))


def check_ungranted(items: Sequence[GrantItem], made: Mapping[UUID, UUID]) -> None:
    """Check that an organisation has no grant of the kind for the year yet (rulebook §3.2, §3.6). `made` are those, by
    organisation.

    Raise AlreadyExists.
    """
    for index, item in enumerate(items):
        if item.organisation_id in made:
            raise AlreadyExists(existing_id=made[item.organisation_id], pointer=organisation_pointer(index))


def check_pool_suffices(available: int, items: Iterable[GrantItem]) -> None:
    """Check that the grants together do not exceed the free hours of the pool (rulebook §3.2, §3.6).
    Raise PoolExceeded."""
    asked = sum(item.hours for item in items)
    if asked > available:
        raise PoolExceeded(available=available, asked=asked)


def organisation_pointer(index: int | str) -> str:
    return f"/items/{index}/organisation_id"
