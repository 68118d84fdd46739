"""The arguments of a use case: a connection that sees one study centre, the caller, and the time."""

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
    """A session in a transaction that the edge commits; its closing statement writes what is collected here."""

    retry_key: bytes
    """32 bytes that name this request for ever: the digest of caller, method, path and Idempotency-Key."""
    request_id: str = ""
    """The `X-Request-Id` of the request's answer."""
    records: list[dict[str, Any]] = field(default_factory=list)
    last: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    """SQL and parameters that travel with the closing statement, so that their locks last for one message only."""
    dry_run: bool = False
    """Nothing of it is kept, and so no number is taken for it."""

    def record(
        self,
        action: str,
        subject_id: UUID,
        *,
        organisation_id: UUID | None = None,
        reason: str | None = None,
        **facts: object,
    ) -> None:
        """Record who did what to what, when and why: in the audit, and in the outbox, which mail and webhooks read.

        `action` is `subject.verb`, for example `hour-proposal.submitted`; `facts` have no personal data.
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
