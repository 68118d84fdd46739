"""The document of a training model's version: that it is PDF/A and PDF/UA, in each language and before the approval
too."""

import asyncio
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from app.documents.trainings import DocumentContent, make_training_document
from app.domain.organisations.organisations import Language
from app.domain.trainings.model_versions import (
    Assessment,
    KoskiStudyUnit,
    ModelText,
    ModelTexts,
    ModelVersion,
    digest_of,
)
from app.texts.model_documents import model_version_words
from app.texts.rendering import LANGUAGES
from tests.documents.accessible import accessible_kinds_of
from tests.documents.training_facts import DECIDED_AT, NAMES, SUBMITTED_AT

VERSION = ModelVersion(
    texts=ModelTexts(
        fi=ModelText(
            "Ryhmänohjaajan peruskurssi",
            ["Osaa suunnitella kokoontumisen", "Osaa ohjata ryhmää"],
            "Kurssilla opittiin ohjaamaan vapaaehtoisten ryhmää.",
        ),
        sv=ModelText("Grundkurs för gruppledare", ["Kan leda en grupp"], "Kursen gav färdigheter att leda en grupp."),
    ),
    content="Ryhmän vaiheet ja ohjaajan rooli.\n\nKokoontumisen suunnittelu.",
    assessment=Assessment("Kokoontumisen suunnitelma", "Suunnitelma arvioidaan.", "Kouluttaja", "pass_fail"),
    methods="Lähiopetusta ja harjoitus omassa ryhmässä.",
    learner_hours=54,
    prerequisites=None,
    trainer_qualifications="Kokemusta ryhmien ohjaamisesta.",
    koski_study_unit=KoskiStudyUnit("1020", "Järjestöosaaminen"),
    id=UUID(int=1),
    model_id=UUID(int=2),
    organisation_id=UUID(int=3),
    number=1,
    change="first",
    reason=None,
    state="approved",
    credits=2,
    round=1,
    waiting_for="organisation",
    waiting_since=DECIDED_AT,
    digest=None,
    submissions=1,
    created_by=UUID(int=4),
    created_by_name=None,
    created_at=SUBMITTED_AT,
    submitted_by=UUID(int=5),
    submitted_by_name=None,
    submitted_at=SUBMITTED_AT,
    decided_by=UUID(int=4),
    decided_by_name=None,
    decided_at=DECIDED_AT,
    decision_reason=None,
    activated_by=None,
    activated_by_name=None,
    activated_at=None,
    ended_by=None,
    ended_by_name=None,
    ended_at=None,
)


def document_of(language: Language, approved_at: datetime | None) -> bytes:
    """The document of the version, or of one in review that has not been approved."""
    version = replace(VERSION, state="approved" if approved_at else "in_review", digest=digest_of(VERSION))
    words = model_version_words(language, version, "Ryhmänohjaaja", NAMES, approved_at, DECIDED_AT)
    content = DocumentContent(language, NAMES.study_centre_name, signed_by=None)
    return asyncio.run(make_training_document(content, words, DECIDED_AT))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("approved_at", [DECIDED_AT, None], ids=["approved", "in_review"])
def test_the_document_claims_and_meets_pdf_a_and_pdf_ua(language: Language, approved_at: datetime | None) -> None:
    made = document_of(language, approved_at)
    assert {"/Document", "/H2", "/P", "/L", "/LI", "/Lbl", "/LBody"} <= set(accessible_kinds_of(made, language))
    assert document_of(language, approved_at) == made
