"""API keys (rajapinta-avaimet): how an organisation's own programs call (rulebook §2.4)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user, check_main_user_or_staff, check_person
from app.domain.errors import Forbidden, WrongState
from app.domain.values import Shown

Scope = Literal[
    "calendar:read",
    "calendar:write",
    "hours:read",
    "hours:write",
    "organisations:read",
    "organisations:write",
    "trainings:read",
    "trainings:write",
    "participants:read",
    "participants:write",
]
SCOPES: frozenset[str] = frozenset(get_args(Scope))
KeyState = Literal["active", "rotated", "expired", "revoked"]
LONGEST_DAYS = 730
LONGEST_OVERLAP_HOURS = 168
KEY_MARK = "tp_"
"""The beginning of every key, by which it differs from an access token."""
SHOWN_LETTERS = 8


@dataclass(frozen=True)
class ApiKey(Shown):
    id: UUID
    organisation_id: UUID
    organisation_name: str
    name: str
    """Name of the key, as people will recognise it."""
    scopes: list[Scope]
    """Scopes of the key."""
    prefix: str
    """First characters of the key, by which it can be recognised: `tp_` and eight letters."""
    made_by: UUID
    """ID of the person who created the key."""
    made_by_name: str | None
    made_at: datetime
    """When the key was created. All times of a key are real, even if the sandbox's clock is set."""
    expires_at: datetime
    """When the key expires, in real time even if the sandbox's clock is set."""
    last_used_at: datetime | None
    """When the key was last used, to the minute. `null` if it has never been used."""
    successor_id: UUID | None
    """ID of the key that replaces this one. `null` if the key has not been rotated."""
    revoked_at: datetime | None
    """When the key was revoked. `null` if it has not been revoked."""
    revoked_by: UUID | None
    """ID of the person who revoked the key. `null` if it has not been revoked."""
    revoked_by_name: str | None
    state: KeyState
    """State of the key. A `rotated` key works beside its successor until it expires."""
    key: str | None = field(default=None, repr=False)
    """The key itself, returned only by the request that creates it. `null` if it is not shown."""


def check_may_keep_keys(actor: Actor, place: Place) -> None:
    """Check for a person who is a main user of the tree or staff: a key cannot create or show keys."""
    check_person(actor)
    check_main_user_or_staff(actor, place)


GIVEN_BY_MAIN_USERS = frozenset({"participants:read", "participants:write", "trainings:write"})
"""Scopes for what staff may not do themselves."""


def check_may_give(actor: Actor, place: Place, scopes: Collection[Scope]) -> None:
    """Check that the key may do nothing that its maker may not: staff neither write trainings nor see participants
    (rulebook §2.2, §2.4). Raise Forbidden."""
    if GIVEN_BY_MAIN_USERS.intersection(scopes):
        check_main_user(actor, place)


def check_key(actor: Actor) -> None:
    """Check that an API key asks about itself, not a person (rulebook §2.4)."""
    if actor.scopes is None:
        raise Forbidden(because="key-only", see="/v1/me")


def check_may_see_keys(actor: Actor, place: Place) -> None:
    if not actor.has("auditor"):
        check_may_keep_keys(actor, place)


def keys_seen_by(actor: Actor) -> list[UUID] | None:
    """Return the tops of the trees whose keys the actor sees. None is all. Raise Forbidden if there are none."""
    check_person(actor)
    if actor.has("staff", "auditor"):
        return None
    tops = actor.organisations_of("main_user")
    if not tops:
        raise Forbidden(roles=["main_user", "staff"])
    return tops


def check_key_state(key: ApiKey, allowed: Collection[KeyState]) -> None:
    """Raise WrongState."""
    if key.state not in allowed:
        raise WrongState(state=key.state, allowed=sorted(allowed))


def overlap_end_of(key: ApiKey, now: datetime, overlap_hours: int) -> datetime:
    """Return when a rotated key stops working, never later than it would have anyway."""
    return min(key.expires_at, now + timedelta(hours=overlap_hours))
