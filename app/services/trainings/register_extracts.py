"""The extract from the study register: a learner's passed completions as a PDF of the day."""

from app.db.organisations.study_centre import get_study_centre
from app.db.sessions import Writer
from app.db.trainings.certificates import list_registered
from app.documents.trainings import DocumentContent, make_training_document
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.texts.certificates import extract_name, extract_words


async def get_extract(writer: Writer, language: Language) -> tuple[str, bytes]:
    """The name and the PDF. Raise Overloaded if composing takes too long."""
    completions = await list_registered(writer.connection, writer.actor.own_ids, language)
    centre = await get_study_centre(writer)
    words = extract_words(language, writer.actor.name or "", completions, writer.now)
    content = DocumentContent(language, name_in(language, centre), None)
    return extract_name(language, writer.now), await make_training_document(content, words, writer.now)
