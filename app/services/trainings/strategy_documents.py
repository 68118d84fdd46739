"""Documents of training strategies, as PDFs."""

from uuid import UUID

from app.db.sessions import Writer
from app.db.trainings.documents import get_names
from app.db.trainings.strategies import strategies
from app.db.trainings.strategy_revisions import find_revision
from app.documents.trainings import DocumentContent, make_training_document
from app.domain.calendar.deadlines import day_of, start_of
from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import Edition
from app.services.trainings.documents import Composed, Document, find_or_make
from app.texts.strategy_documents import strategy_file_name, strategy_words


async def get_strategy_document(writer: Writer, strategy_id: UUID, language: Language) -> Document:
    """The newest revision, whose document is kept from the first reading on, or the draft as it is today."""
    strategy = await strategies.get(writer, strategy_id)
    names = await get_names(writer, strategy.organisation_id, language)
    name = strategy_file_name(language, strategy)
    if strategy.revision is None:
        today = day_of(writer.now)
        words = strategy_words(language, strategy, names, start_of(today), drafted_on=today)
        content = DocumentContent(language, names.study_centre_name, None)
        return name, await make_training_document(content, words, start_of(today))
    revision = await find_revision(writer, strategy_id, strategy.revision)
    if revision is None:
        raise RuntimeError("a strategy that was adopted has its revision")
    dated_at = revision.made_at

    async def compose() -> Composed:
        return strategy_words(language, strategy, names, dated_at), names

    edition = Edition(strategy.revision, dated_at)
    return name, await find_or_make(writer, strategy_id, "strategy", edition, language, compose)
