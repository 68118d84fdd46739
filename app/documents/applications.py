"""The main-user application (pääkäyttäjähakemus) as a PDF: PDF/A-3a and PDF/UA-1, in Finnish, Swedish or English."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from app.domain.organisations.organisations import Language


@dataclass(frozen=True)
class ApplicationContent:
    """What the application says; the same content gives the same bytes."""

    application_id: UUID
    language: Language
    study_centre_name: str
    organisation_name: str
    business_id: str | None
    applicant_name: str
    applicant_email: str
    signatory_name: str
    signatory_basis: str | None
    """What the right to sign rests on, in the organisation's words."""
    replaces_name: str | None
    """The main user whose place the applicant takes."""
    valid_from: date | None
    """None: from the approval on."""
    made_at: datetime


async def make_application(content: ApplicationContent) -> bytes:
    """Takes about a tenth of a second, in a thread."""
    return await asyncio.to_thread(compose_application, content)


def compose_application(content: ApplicationContent) -> bytes:
    raise NotImplementedError


def digest_of(document: bytes) -> str:
    """The SHA-256 digest in hexadecimal digits: what is signed in the service."""
    return sha256(document).hexdigest()
