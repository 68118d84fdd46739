"""What a use case is handed: a connection that sees one study centre, the caller, and the instant."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from app.db.statements import Connection
from app.domain.access import Actor


@dataclass
class Reader:
    connection: Connection
    actor: Actor
    now: datetime
    """In Europe/Helsinki; the sandbox's clock may have set it."""


@dataclass
class Writer(Reader):
    """Within a transaction, which the edge commits; what is gathered here is written by its closing statement."""

    retry_key: bytes
    """32 bytes that name this request for ever: the digest of caller, method, path and Idempotency-Key."""
    request_id: str = ""
    """The `X-Request-Id` of its answer."""
    records: list[dict[str, Any]] = field(default_factory=list)
    last: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    """SQL and parameters that travel with the closing statement: what they lock is held for one message only."""

    def record(
        self,
        action: str,
        subject_id: UUID,
        *,
        organisation_id: UUID | None = None,
        reason: str | None = None,
        **facts: object,
    ) -> None:
        """Who did what to what, when and why: into the audit, and into the outbox, whence mail and webhooks come.

        `action` is `subject.verb`, as `hour-proposal.submitted`; `facts` hold no personal data.
        """
        self.records.append(
            {
                "id": str(new_id()),
                "action": action,
                "subject_id": str(subject_id),
                "organisation_id": organisation_id and str(organisation_id),
                "reason": reason,
                "facts": facts,
            }
        )
