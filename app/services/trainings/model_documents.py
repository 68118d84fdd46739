"""Versions of training models side by side, and as PDFs."""

from uuid import UUID

from app.db.sessions import Reader, Writer
from app.db.trainings.documents import get_names
from app.db.trainings.model_versions import get_version
from app.db.trainings.models import models
from app.documents.trainings import DocumentContent, make_training_document
from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import Edition
from app.domain.trainings.model_comparisons import VersionComparison, comparison_of
from app.domain.trainings.model_versions import APPROVED_STATES
from app.services.trainings.documents import Composed, Document, find_or_make
from app.texts.model_documents import model_document_name, model_version_words


async def get_comparison(reader: Reader, model_id: UUID, first: int, second: int) -> VersionComparison:
    await models.get(reader, model_id)
    before = await get_version(reader, model_id, first)
    return comparison_of(before, await get_version(reader, model_id, second))


async def get_version_document(writer: Writer, model_id: UUID, number: int, language: Language) -> Document:
    """The version with all its sections. Of an approved one the bytes are kept from the first reading on; of another
    the document is made again each time, because its content may change."""
    model = (await models.get(writer, model_id)).model
    version = await get_version(writer, model_id, number)
    approved_at = version.decided_at if version.state in APPROVED_STATES else None
    dated_at = approved_at or writer.now

    async def compose() -> Composed:
        names = await get_names(writer, model.organisation_id, language)
        return model_version_words(language, version, model.name, names, approved_at, dated_at), names

    if approved_at:
        edition = Edition(version.submissions, approved_at)
        content = await find_or_make(writer, version.id, "model_version", edition, language, compose)
    else:
        words, names = await compose()
        shown = DocumentContent(language, names.study_centre_name, signed_by=None)
        content = await make_training_document(shown, words, dated_at)
    return model_document_name(language, number), content
