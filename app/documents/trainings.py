"""Documents about training courses and their cost statements, as PDFs. The template is in `trainings/`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.documents.making import make_document
from app.domain.organisations.organisations import Language

TEMPLATE = Path(__file__).parent / "trainings" / "document.typ"


@dataclass(frozen=True)
class DocumentContent:
    language: Language
    study_centre_name: str
    signed_by: str | None
    """Name of the person who made the decision. None for a document that is no decision, or if the name is not
    shown."""


async def make_training_document(content: DocumentContent, words: Mapping[str, Any], made_at: datetime) -> bytes:
    """Compose the document. Raises Overloaded if it takes too long."""
    return await make_document(TEMPLATE, asdict(content), words, made_at)
