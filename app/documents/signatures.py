"""Examines the signatures of a signed document: offline, with the configured roots and revocation lists."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.domain.people.signatures import (
    SIGNED_DOCUMENT_BYTES,
    Certificate,
    Check,
    CheckName,
    Examination,
    ExaminedSignature,
    SignedDocumentRefused,
)
from app.limited import LimitsReached, run_limited

SECONDS = 20
PASSED: tuple[CheckName, ...] = (
    "document-is-ours",
    "only-signatures-added",
    "signature-whole",
    "chain-trusted",
    "time-sane",
)


@dataclass(frozen=True)
class Trust:
    """The grounds for trusting a signature: certificates of roots, and further revocation lists; all in DER."""

    roots: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...] = ()


async def examine(original: bytes, signed: bytes, trust: Trust, *, made_at: datetime, now: datetime) -> Examination:
    """Return the signatures (rulebook §3.9.2); `made_at` is when the original was made.

    Takes about a second in a process of its own. Raises SignedDocumentRefused, Overloaded.
    """
    _check_bytes(original, signed)
    known = {"made_at": made_at.isoformat(), "now": now.isoformat(), "roots": len(trust.roots)}
    try:
        answer = json.loads(
            await run_limited(
                examined,
                original,
                signed,
                json.dumps(known).encode(),
                *trust.roots,
                *trust.revocation_lists,
                seconds=SECONDS,
            )
        )
    except LimitsReached as fault:
        raise SignedDocumentRefused("too-demanding") from fault
    if "finding" in answer:
        raise SignedDocumentRefused(**answer)
    return Examination(
        document_digest=sha256(original).hexdigest(),
        signed_document_digest=sha256(signed).hexdigest(),
        examined_at=now,
        signatures=tuple(_signature(found) for found in answer["signatures"]),
    )


def examined(*parts: bytes) -> bytes:
    """Call the limited process, which alone loads the library."""
    from app.documents.examining import findings

    return findings(*parts)


def _check_bytes(original: bytes, signed: bytes) -> None:
    """A file that does not begin with our own document's bytes is not read further."""
    if len(signed) > SIGNED_DOCUMENT_BYTES:
        raise SignedDocumentRefused("too-large")
    if not signed.startswith(b"%PDF-") or (len(signed) < len(original) and original.startswith(signed)):
        raise SignedDocumentRefused("not-a-pdf")
    if not signed.startswith(original):
        raise SignedDocumentRefused("encrypted" if b"/Encrypt" in signed else "not-this-document")
    if len(signed) == len(original):
        raise SignedDocumentRefused("not-signed")


def _signature(found: dict[str, Any]) -> ExaminedSignature:
    certificate = found["certificate"]
    for name in ("valid_from", "valid_until"):
        certificate[name] = datetime.fromisoformat(certificate[name])
    passed = [Check(name, "passed") for name in PASSED]
    return ExaminedSignature(
        certificate=Certificate(**certificate),
        signed_at=datetime.fromisoformat(found["signed_at"]),
        signed_at_by=found["signed_at_by"],
        revocation=found["revocation"],
        checks=(*passed, Check("not-revoked", "passed" if found["revocation"] == "good" else "unknown")),
    )
