"""The audit: who did what to what, when and why (rulebook §2.10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from app.domain.access import Actor
from app.domain.values import Shown

ActorKind = Literal["person", "api_key", "service"]


@dataclass(frozen=True)
class AuditActor(Shown):
    id: UUID | None
    """ID of the person or API key. `null` if the service acted by itself."""
    kind: ActorKind
    """Kind of actor."""
    name: str | None
    """Current name of the person, or name of the API key. `null` if the person was erased or the service acted by
    itself."""


@dataclass(frozen=True)
class AuditEntry(Shown):
    id: UUID
    actor: AuditActor
    """Person, API key or service that acted."""
    action: str
    """Action as `subject.verb`, for example `hour-proposal.submitted`."""
    subject_id: UUID
    """ID of the resource that the action changed or read."""
    organisation_id: UUID | None
    """ID of the organisation concerned. `null` if the entry concerns the study centre itself, or a person."""
    reason: str | None
    """Reason given for the action. `null` if none was given."""
    facts: dict[str, Any]
    """Facts about the action, which depend on its kind."""
    request_id: str | None
    """`X-Request-Id` of the request. `null` if the service acted by itself."""
    made_at: datetime
    """When the action was performed."""


def audit_reach_of(actor: Actor) -> list[UUID] | None:
    """Return the tops of the trees whose entries the actor sees beside the own ones. None is all."""
    if actor.has("staff", "auditor"):
        return None
    return actor.organisations_of("main_user")
