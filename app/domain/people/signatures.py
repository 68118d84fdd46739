"""Signatures (allekirjoitukset): results of the checks of those in a PDF, and the evidence of those made in the
service."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from json import dumps
from typing import Literal
from uuid import UUID

from app.domain.errors import DomainError
from app.domain.values import Shown

Finding = Literal[
    "not-a-pdf",
    "too-large",
    "encrypted",
    "not-this-document",
    "altered",
    "not-signed",
    "signature-broken",
    "signature-kind",
    "signature-time",
    "certificate-untrusted",
    "certificate-expired",
    "certificate-revoked",
    "certificate-unfit",
    "signed-twice",
    "too-demanding",
]
"""Why a signed document is refused: the first reason found."""
Revocation = Literal["good", "unknown"]
"""`good` needs evidence that is embedded in the signature or configured. Without it the status is `unknown`."""
TimeSource = Literal["signer", "time-stamp"]
CheckName = Literal[
    "document-is-ours",
    "only-signatures-added",
    "signature-whole",
    "chain-trusted",
    "time-sane",
    "not-revoked",
    "authentication-fresh",
]
SIGNED_DOCUMENT_BYTES = 10 * 1024 * 1024
"""Maximum size of a signed document. Ours has some ten thousand bytes, a signature with its evidence as many."""


class SignedDocumentRefused(DomainError):
    """Facts: `finding`; of a fault of one signature `signature`, its number from 1, and the certificate's `subject`."""

    code = "signed-document-refused"

    def __init__(self, finding: Finding, *, signature: int | None = None, subject: str | None = None) -> None:
        super().__init__(finding=finding)
        self.finding = finding
        if signature is not None:
            self.facts |= {"signature": signature, "subject": subject}


@dataclass(frozen=True)
class Certificate(Shown):
    subject: str
    """Complete subject name in the certificate."""
    common_name: str
    """Name of the signer in the certificate, for comparison with the person named."""
    issuer: str
    """Issuer of the certificate."""
    serial_number: str
    """Serial number, in hexadecimal digits."""
    fingerprint: str
    """SHA-256 digest of the certificate, in hexadecimal digits."""
    valid_from: datetime
    """When the certificate becomes valid."""
    valid_until: datetime
    """When the certificate expires."""


@dataclass(frozen=True)
class Check(Shown):
    name: CheckName
    """Name of the check."""
    finding: Literal["passed", "unknown"]
    """Result of the check. `unknown` means it could not be performed. A document that fails a check is rejected, so
    failures never appear here."""


@dataclass(frozen=True)
class ExaminedSignature(Shown):
    certificate: Certificate
    signed_at: datetime
    signed_at_by: TimeSource
    """Source of the time: the signer or a trusted time stamp."""
    revocation: Revocation
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Examination(Shown):
    """Results of the checks of a signed document. A document that fails a check is rejected instead."""

    document_digest: str
    """SHA-256 digest of the document as it was created, in hexadecimal digits."""
    signed_document_digest: str
    """SHA-256 digest of the signed document, in hexadecimal digits."""
    examined_at: datetime
    signatures: tuple[ExaminedSignature, ...]
    """In the order in which they were made."""


@dataclass(frozen=True)
class SignInEvidence(Shown):
    """Who signed a document's digest in the service, and how that person was authenticated (rulebook §3.9.2)."""

    person_id: UUID
    issuer: str
    """Issuer of the access token."""
    subject: str
    acr: str
    """Authentication level (`acr`), as the issuer names it."""
    authenticated_at: datetime
    document_digest: str
    """SHA-256 digest of the document, in hexadecimal digits."""
    signed_at: datetime
    request_id: str

    @property
    def digest(self) -> str:
        """The SHA-256 digest of the evidence as it is stored, in hexadecimal digits."""
        return sha256(canonical(self)).hexdigest()


def canonical(evidence: SignInEvidence) -> bytes:
    """Return the evidence as JSON: sorted keys, no spaces, times in UTC with six decimals."""
    values = {name: _canonical_text(value) for name, value in asdict(evidence).items()}
    return dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _canonical_text(value: object) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else str(value)
