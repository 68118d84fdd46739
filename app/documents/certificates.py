"""Certificates of completed courses as PDFs, many at once, sealed where the service has a seal. The template is in
`certificates/`."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.documents.making import prepared
from app.documents.qr_codes import qr_code_of
from app.domain.organisations.organisations import Language
from app.limited import LimitsReached, Overloaded, run_in_process

TEMPLATE = Path(__file__).parent / "certificates" / "certificate.typ"
SECONDS = 60
"""The first one takes two seconds, each further one some hundredths of one; on a busy machine more."""
MANY = 10
"""So many are worth a second process."""


@dataclass(frozen=True)
class DocumentSeal:
    """The key and the certificates that seal documents, in DER: the key's own certificate first."""

    key: bytes
    certificates: tuple[bytes, ...]


@dataclass(frozen=True)
class CertificatePictures:
    """PNGs. A logo may be missing."""

    study_centre_logo: bytes | None
    organisation_logo: bytes | None
    study_centre_signature: bytes
    organisation_signature: bytes


@dataclass(frozen=True)
class CertificateContent:
    language: Language
    study_centre_name: str
    name: str
    """Name of the learner."""
    address: str | None
    """Where the certificate is checked; its QR code leads there. None if the service has no public address."""


async def make_certificates(
    documents: Sequence[tuple[CertificateContent, Mapping[str, Any]]],
    pictures: CertificatePictures,
    made_at: datetime,
    seal: DocumentSeal | None,
) -> list[bytes]:
    """Compose them without keeping others waiting, each with its words: many in two processes side by side.

    Raises Overloaded if it takes too long.
    """
    half = len(documents) if len(documents) < MANY else (len(documents) + 1) // 2
    try:
        composed = await asyncio.gather(
            *(
                asyncio.to_thread(compose_certificates, documents[start : start + half], pictures, made_at, seal)
                for start in range(0, len(documents), half or 1)
            )
        )
    except LimitsReached as fault:
        raise Overloaded from fault
    return [pdf for pdfs in composed for pdf in pdfs]


def compose_certificates(
    documents: Sequence[tuple[CertificateContent, Mapping[str, Any]]],
    pictures: CertificatePictures,
    made_at: datetime,
    seal: DocumentSeal | None,
) -> list[bytes]:
    """Return the PDFs. Unsealed, their bytes depend on the arguments alone."""
    sheets = [
        prepared(vars(content), words) | ({"qr_code": qr_code_of(content.address)} if content.address else {})
        for content, words in documents
    ]
    given = {name: png for name, png in vars(pictures).items() if png}
    ordered = {
        "template": str(TEMPLATE),
        "made_at": made_at.isoformat(),
        "pictures": list(given),
        "certificates": len(seal.certificates) if seal else 0,
        "sheets": sheets,
    }
    answer = run_in_process(
        composed,
        json.dumps(ordered).encode(),
        *given.values(),
        *((seal.key, *seal.certificates) if seal else ()),
        seconds=SECONDS,
        megabytes=4_096,
    )
    return _pdfs_of(answer)


def composed(*parts: bytes) -> bytes:
    """Call the process of its own, which alone loads the libraries."""
    from app.documents.composing_certificates import compose

    return b"".join(len(pdf).to_bytes(8) + pdf for pdf in compose(*parts))


def _pdfs_of(answer: bytes) -> list[bytes]:
    pdfs, at = [], 0
    while at < len(answer):
        size = int.from_bytes(answer[at : at + 8])
        pdfs.append(answer[at + 8 : at + 8 + size])
        at += 8 + size
    return pdfs
