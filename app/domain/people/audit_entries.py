"""The audit: who did what to what, when and why (rulebook §2.10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.domain.access import Actor, check_person

ActorKind = Literal["person", "api_key", "service"]


@dataclass(frozen=True)
class AuditActor:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID | None
    """Null where the service did it by itself."""
    kind: ActorKind
    name: str | None
    """Of a person as it is now, of a key what it is for; null of a person who was erased."""


@dataclass(frozen=True)
class AuditEntry:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    actor: AuditActor
    action: str
    """`subject.verb`, as `hour-proposal.submitted`."""
    subject_id: UUID
    organisation_id: UUID | None
    """Null where it concerns the study centre as a whole, or a person."""
    reason: str | None
    facts: dict[str, Any]
    request_id: str
    """The `X-Request-Id` of the call; empty where the service did it by itself."""
    made_at: datetime


def audit_reach_of(actor: Actor) -> list[UUID] | None:
    """The tops of the trees whose entries the actor sees beside the own ones; None is all. A key sees none."""
    check_person(actor)
    if actor.has("staff", "auditor"):
        return None
    trees = {grant.organisation_id for grant in actor.roles if grant.role == "main_user"}
    return sorted(tree for tree in trees if tree)
