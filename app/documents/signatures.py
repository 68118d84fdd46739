"""Examines the signatures of a document that comes back: offline, by the roots and revocation lists configured."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.people.signatures import Examination


@dataclass(frozen=True)
class Trust:
    """Whose signatures are accepted: certificates of roots, and revocation lists beside what signatures embed; DER."""

    roots: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...] = ()


async def examine(original: bytes, signed: bytes, trust: Trust, *, made_at: datetime, now: datetime) -> Examination:
    """What is found; `made_at` is the original's own instant. Raises SignedDocumentRefused, Overloaded."""
    raise NotImplementedError
