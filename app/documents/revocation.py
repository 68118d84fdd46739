"""Checks whether a signature's certificate is trusted, and what the evidence of revocation shows.

The evidence is what is configured and what the document contains; nothing is fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureStatus
from pyhanko_certvalidator import ValidationContext

from app.documents.additions import SIGNING_ALONE
from app.domain.people.signatures import Finding

FINDINGS: dict[str, Finding] = {
    "CHAIN_CONSTRAINTS_FAILURE": "certificate-unfit",
    "EXPIRED": "certificate-expired",
    "NOT_YET_VALID": "certificate-expired",
    "OUT_OF_BOUNDS_NO_POE": "certificate-expired",
    "OUT_OF_BOUNDS_NOT_REVOKED": "certificate-expired",
    "REVOKED_NO_POE": "certificate-revoked",
    "REVOKED_CA_NO_POE": "certificate-revoked",
    "CRYPTO_CONSTRAINTS_FAILURE": "signature-broken",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE": "signature-broken",
}
"""Findings by the library's name of the problem (ETSI EN 319 102-1); any other problem makes the chain untrusted."""


@dataclass(frozen=True)
class Circumstances:
    """Knowledge besides the file: when the service made its document, the present time, and the trusted roots."""

    made_at: datetime
    now: datetime
    roots: list[asn1_x509.Certificate]
    revocation_lists: list[bytes]


async def judged(
    signature: EmbeddedPdfSignature, reader: PdfFileReader, known: Circumstances, moment: datetime
) -> PdfSignatureStatus:
    """Return the status; evidence that is too old, or about another certificate, makes nothing untrusted.

    In that case all evidence is left out; `is_revoked` reads the configured lists besides.
    """
    status = await status_with(signature, reader, known, moment, "soft-fail")
    unclear = [each for each in (status, status.timestamp_validity) if each is not None and not each.trusted]
    if unclear and not any(map(speaks_of_revocation, unclear)):
        status = await status_with(signature, reader, known, moment, "none")
    return status


def speaks_of_revocation(status: SignatureStatus) -> bool:
    """Whether the chain is not trusted because a certificate, the signer's or an authority's, is revoked."""
    return FINDINGS.get(problem_of(status)) == "certificate-revoked"


def problem_of(status: SignatureStatus) -> str:
    """The library's name of the reason why the chain is not trusted."""
    return status.trust_problem_indic.standard_name if status.trust_problem_indic else ""


async def status_with(
    signature: EmbeddedPdfSignature,
    reader: PdfFileReader,
    known: Circumstances,
    moment: datetime,
    evidence: Literal["soft-fail", "require", "none"],
) -> PdfSignatureStatus:
    """The status with the available evidence of revocation, with all evidence required, or without any."""
    options: dict[str, Any] = {
        "trust_roots": known.roots,
        "crls": [] if evidence == "none" else known.revocation_lists,
        "allow_fetching": False,
        # Without evidence the library has no milder mode than the one that requires none.
        "revocation_mode": "soft-fail" if evidence == "none" else evidence,
        "moment": moment,
        # For a moment in the past, later evidence counts too.
        "retroactive_revinfo": moment < known.now,
    }
    try:
        brought = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        brought = None
    if evidence == "none":
        context = ValidationContext(**options, other_certs=list(brought.load_certs()) if brought else [])
    else:
        context = brought.as_validation_context(options) if brought else ValidationContext(**options)
    return await async_validate_pdf_signature(signature, context, diff_policy=SIGNING_ALONE)


def authorities_of(status: PdfSignatureStatus) -> list[x509.Certificate]:
    """The certificates between the signer's and its root, and those of the time stamp with its own, if they are
    trusted."""
    stamp = status.timestamp_validity
    paths = [status.validation_path, stamp.validation_path if stamp else None]
    chained = [each for path in paths if path for each in path.iter_certs(include_root=False)]
    return [x509.load_der_x509_certificate(each.dump()) for each in chained]


def is_revoked(certificate: x509.Certificate, revocation_lists: Sequence[bytes], moment: datetime) -> bool:
    """Whether a configured list revokes the certificate, whatever an older list embedded in the signature says."""
    for der in revocation_lists:
        revocation_list = x509.load_der_x509_crl(der)
        if revocation_list.issuer == certificate.issuer:
            entry = revocation_list.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None and entry.revocation_date_utc <= moment:
                return True
    return False
