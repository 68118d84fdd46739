"""The letter about a decision on hours and the draft of a decision plan, as PDFs. The templates are in `hours/`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.documents.making import make_document
from app.domain.organisations.organisations import Language

FOLDER = Path(__file__).parent / "hours"


@dataclass(frozen=True)
class LetterContent:
    language: Language
    study_centre_name: str
    organisation_name: str
    decided_by_name: str


@dataclass(frozen=True)
class PlanContent:
    language: Language
    study_centre_name: str
    rows: Sequence[tuple[str, str, str, Sequence[str]]]
    """The texts of each row's cells. The last cell has a line for each of its texts."""


async def make_letter(content: LetterContent, words: Mapping[str, Any], made_at: datetime) -> bytes:
    """Compose the letter of a decision. Raises Overloaded if it takes too long."""
    return await make_document(FOLDER / "letter.typ", asdict(content), words, made_at)


async def make_draft(content: PlanContent, words: Mapping[str, Any], made_at: datetime) -> bytes:
    """Compose the draft of a plan. Raises Overloaded if it takes too long."""
    return await make_document(FOLDER / "plan.typ", asdict(content), words, made_at)
