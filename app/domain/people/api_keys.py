"""API keys (rajapinta-avaimet): how an organisation's own programs call (rulebook §2.4)."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from app.domain.access import Actor, Place, check_main_user_or_staff, check_person
from app.domain.errors import Forbidden, WrongState

Scope = Literal[
    "calendar:read", "calendar:write", "hours:read", "hours:write", "organisations:read", "organisations:write"
]
SCOPES: frozenset[str] = frozenset(get_args(Scope))
KeyState = Literal["active", "rotated", "expired", "revoked"]
LONGEST_DAYS = 730
LONGEST_OVERLAP_HOURS = 168
SHOWN_LETTERS = 8


@dataclass(frozen=True)
class ApiKey:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    organisation_id: UUID
    organisation_name: str
    name: str
    scopes: list[Scope]
    prefix: str
    """How the key begins, by which it is known: `tp_` and eight letters."""
    made_by: UUID
    made_at: datetime
    expires_at: datetime
    """By real time, whatever the sandbox's clock shows."""
    last_used_at: datetime | None
    """To the minute."""
    successor_id: UUID | None
    """The key that takes its place, where it was rotated."""
    revoked_at: datetime | None
    revoked_by: UUID | None
    state: KeyState
    """`rotated`: it works until it expires, beside its successor."""
    key: str | None = field(default=None, repr=False)
    """The key itself, shown only in the answer to the call that makes it."""


def key_state_of(
    now: datetime, *, expires_at: datetime, revoked_at: datetime | None, successor_id: UUID | None
) -> KeyState:
    """`now` is real time."""
    if revoked_at is not None:
        return "revoked"
    if expires_at <= now:
        return "expired"
    return "rotated" if successor_id else "active"


def check_may_keep_keys(actor: Actor, place: Place) -> None:
    """A key makes no keys, and says nothing of others."""
    check_person(actor)
    check_main_user_or_staff(actor, place)


def check_may_see_keys(actor: Actor, place: Place) -> None:
    if not actor.has("auditor"):
        check_may_keep_keys(actor, place)


def keys_seen_by(actor: Actor) -> list[UUID] | None:
    """The tops of the trees whose keys the actor sees; None is all. Raises Forbidden where there are none."""
    check_person(actor)
    if actor.has("staff", "auditor"):
        return None
    trees = {grant.organisation_id for grant in actor.roles if grant.role == "main_user"}
    tops = sorted(tree for tree in trees if tree)
    if not tops:
        raise Forbidden(roles=["main_user", "staff"])
    return tops


def check_key_state(key: ApiKey, allowed: Collection[KeyState]) -> None:
    """Raises WrongState."""
    if key.state not in allowed:
        raise WrongState(state=key.state, allowed=sorted(allowed))


def overlap_end_of(key: ApiKey, now: datetime, overlap_hours: int) -> datetime:
    """When a rotated key stops working: never later than it would have anyway."""
    return min(key.expires_at, now + timedelta(hours=overlap_hours))
