"""The main-user application (pääkäyttäjähakemus) as a PDF: PDF/A-3a and PDF/UA-1, in Finnish, Swedish or English.

The template is in `main_user_application/`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from app.documents.making import compose_document, make_document
from app.domain.organisations.organisations import Language

TEMPLATE = Path(__file__).parent / "main_user_application" / "template.typ"


@dataclass(frozen=True)
class ApplicationContent:
    """Facts of the application (rulebook §3.9)."""

    application_id: UUID
    reference: str | None
    """What people call the application by."""
    language: Language
    study_centre_name: str
    organisation_name: str
    business_id: str | None
    applicant_name: str
    applicant_email: str
    signatory_name: str
    signatory_basis: str | None
    """The basis of the right to sign, in the organisation's words."""
    replaces_name: str | None
    """The main user whom the applicant replaces."""
    valid_from: date | None
    """The requested day; None is the day of the approval."""
    made_at: datetime

    @property
    def check_code(self) -> str:
        """The code on every page, which differs between two documents of one application with different content."""
        code = sha256(json.dumps(asdict(self), default=str, sort_keys=True).encode()).hexdigest()[:16].upper()
        return "-".join(code[start : start + 4] for start in range(0, 16, 4))


async def make_application(content: ApplicationContent, words: Mapping[str, Any]) -> bytes:
    """Compose the document, with `words` in the content's language. Raises Overloaded if it takes too long."""
    return await make_document(TEMPLATE, _texts_of(content), words, content.made_at)


def compose_application(content: ApplicationContent, words: Mapping[str, Any]) -> bytes:
    """Return the PDF, whose bytes depend on content and words alone."""
    return compose_document(TEMPLATE, _texts_of(content), words, content.made_at)


def _texts_of(content: ApplicationContent) -> dict[str, str | None]:
    texts = {name: None if value is None else str(value) for name, value in asdict(content).items()}
    return texts | {"check_code": content.check_code}


def digest_of(document: bytes) -> str:
    """The SHA-256 digest in hexadecimal digits, which people sign in the service."""
    return sha256(document).hexdigest()
