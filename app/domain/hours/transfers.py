"""Entries of the ledger (tapahtumat) as they are shown: what moved, whence, whither, why, by whom (rulebook §3.12)."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.domain.hours.ledger import Holding, TransferKind


@dataclass(frozen=True)
class Cause:
    """What made the hours move, as `supplementary_hour_request` and its id."""

    type: str
    id: UUID


@dataclass(frozen=True)
class PostedTransfer:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    kind: TransferKind
    hours: int
    source: Holding = field(metadata={"serialization_alias": "from"})
    target: Holding = field(metadata={"serialization_alias": "to"})
    cause: Cause
    actor: UUID | None
    """The person; null where a job did it."""
    made_at: datetime
