"""Documents about cost statements and about their decisions, as PDFs."""

from uuid import UUID

from app.db.sessions import Writer
from app.db.trainings import documents as questions
from app.db.trainings.cost_statements import resource as statements
from app.db.trainings.trainings import resource as trainings
from app.domain.organisations.organisations import Language
from app.domain.trainings.cost_statements import CostStatement
from app.domain.trainings.documents import statement_decision_edition, statement_edition
from app.domain.trainings.trainings import Training
from app.services.trainings.documents import Composed, Document, find_or_make
from app.texts.document_parts import document_name
from app.texts.statement_documents import statement_decision_words, statement_words


async def get_statement_document(writer: Writer, statement_id: UUID, language: Language) -> Document:
    """The statement as it was last submitted. Raise NotFound before its submission."""
    on_record = await questions.statements_on_record.get(writer, statement_id)
    statement, contents = on_record.statement, on_record.contents
    edition = statement_edition(statement, on_record.submitted.times)

    async def compose() -> Composed:
        training = await _training_of(writer, statement)
        names = await questions.get_names(writer, statement.organisation_id, language)
        return statement_words(language, training, statement, contents, names, edition.dated_at), names

    content = await find_or_make(writer, statement_id, "statement", edition, language, compose)
    return document_name(language, "statement", statement.reference, statement.year), content


async def get_statement_decision_document(writer: Writer, statement_id: UUID, language: Language) -> Document:
    """The decision on the statement, with every step of the support. Raise NotFound before the decision."""
    statement = await statements.get(writer, statement_id)
    edition = statement_decision_edition(statement)

    async def compose() -> Composed:
        training = await _training_of(writer, statement)
        names = await questions.get_names(
            writer,
            statement.organisation_id,
            language,
            decided_by=statement.decided_by,
            reversed_by=statement.reversed_by,
        )
        return statement_decision_words(language, training, statement, names, edition.dated_at), names

    content = await find_or_make(writer, statement_id, "statement_decision", edition, language, compose)
    return document_name(language, "statement_decision", statement.reference, statement.year), content


async def _training_of(writer: Writer, statement: CostStatement) -> Training:
    training = await trainings.find(writer, statement.cause_id)
    if training is None:
        raise RuntimeError("a statement has a training")
    return training
