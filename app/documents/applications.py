"""The main-user application (pääkäyttäjähakemus) as a PDF: PDF/A-3a and PDF/UA-1, in Finnish, Swedish or English.

The template is in `main_user_application/`. Words and what people wrote reach it as data.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from unicodedata import category, normalize
from uuid import UUID

from app.domain.organisations.organisations import Language
from app.limited import LimitsReached, Overloaded, run_in_process

SECONDS = 30
"""Composing takes half a second; on a busy machine more."""
FOLDER = Path(__file__).parent / "main_user_application"
SHOWN = re.compile(
    r"[ -~\u00a1-\u02af\u0300-\u0377\u037a-\u03ff\u0400-\u04ff\u1e00-\u1fff\u2010-\u2027\u2030-\u2040\u20a0-\u20bf]"
)
"""The characters in the fonts: Latin, Greek and Cyrillic letters, punctuation, currencies. Others fail PDF/A."""
MISSING = "□"
INVISIBLE = {"Cc", "Cf", "Cs"}
UNASSIGNED = "Cn"


@dataclass(frozen=True)
class ApplicationContent:
    """Facts of the application (rulebook §3.9)."""

    application_id: UUID
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
    """Compose the document without keeping others waiting. Raises Overloaded if it takes too long."""
    try:
        return await asyncio.to_thread(compose_application, content, words)
    except LimitsReached as fault:
        raise Overloaded from fault


def compose_application(content: ApplicationContent, words: Mapping[str, Any]) -> bytes:
    """Return the PDF, with `words` in the content's language.

    Its bytes depend on content and words alone, so its digest can be signed and compared.
    """
    shown = {name: value if value is None else shown_of(str(value)) for name, value in asdict(content).items()}
    shown["check_code"] = content.check_code
    inputs = {"content": json.dumps(shown), "words": json.dumps(words)}
    timestamp = str(int(content.made_at.timestamp()))
    return run_in_process(
        composed,
        str(FOLDER).encode(),
        json.dumps(inputs).encode(),
        timestamp.encode(),
        seconds=SECONDS,
        megabytes=4_096,
    )


def composed(*parts: bytes) -> bytes:
    """Call the process of its own, which alone loads the library."""
    from app.documents.composing import compose

    return compose(*parts)


def shown_of(text: str) -> str:
    """The text as the fonts can show it: spaces for white space, boxes for unknown characters, no invisible ones."""
    return "".join(
        " " if sign.isspace() else sign if SHOWN.match(sign) and category(sign) != UNASSIGNED else MISSING
        for sign in normalize("NFC", text)
        if sign.isspace() or category(sign) not in INVISIBLE
    )


def digest_of(document: bytes) -> str:
    """The SHA-256 digest in hexadecimal digits, which people sign in the service."""
    return sha256(document).hexdigest()
