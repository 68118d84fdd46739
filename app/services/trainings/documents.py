"""Documents about plans of training courses and peer groups, and about their decisions, as PDFs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from app.db.organisations.organisations import find_names
from app.db.sessions import Writer
from app.db.trainings import documents as questions
from app.documents.trainings import DocumentContent, make_training_document
from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import DocumentKind, DocumentNames, Edition, plan_decision_edition, plan_edition
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import TrainingPlan, of_type
from app.texts.document_parts import document_name
from app.texts.training_documents import plan_decision_words, plan_words

Document = tuple[str, bytes]
"""The name and the content of a document."""
Composed = tuple[Mapping[str, Any], DocumentNames]


async def get_plan_document(writer: Writer, hour_type: Activity, training_id: UUID, language: Language) -> Document:
    """The plan as it was last submitted or changed by a decision. Raise NotFound before its submission."""
    on_record = await questions.plans_on_record.get(writer, training_id)
    training, plan = of_type(on_record.training, hour_type), on_record.plan
    edition = plan_edition(training, on_record.submitted.times, on_record.changes)

    async def compose() -> Composed:
        names = await questions.get_names(
            writer, training.organisation_id, language, topic=plan.topic, version_id=plan.model_version_id
        )
        partners = await _partners_of(writer, plan, language)
        return plan_words(language, training, plan, names, partners, edition.dated_at), names

    content = await find_or_make(writer, training_id, "plan", edition, language, compose)
    return document_name(language, "plan", training.reference, training.year), content


async def get_plan_decision_document(
    writer: Writer, hour_type: Activity, training_id: UUID, language: Language
) -> Document:
    """The decision on the plan, with those on its changes. Raise NotFound before the decision."""
    on_record = await questions.plans_on_record.get(writer, training_id)
    training, plan, changes = of_type(on_record.training, hour_type), on_record.plan, on_record.changes
    edition = plan_decision_edition(training, changes)

    async def compose() -> Composed:
        names = await questions.get_names(writer, training.organisation_id, language, decided_by=training.decided_by)
        words = plan_decision_words(language, training, plan, names, training.exceptions, changes, edition.dated_at)
        return words, names

    content = await find_or_make(writer, training_id, "plan_decision", edition, language, compose)
    return document_name(language, "plan_decision", training.reference, training.year), content


async def find_or_make(
    writer: Writer,
    subject_id: UUID,
    kind: DocumentKind,
    edition: Edition,
    language: Language,
    compose: Callable[[], Awaitable[Composed]],
) -> bytes:
    """The document, whose bytes are kept from the first reading on. Raise Overloaded if composing takes too long."""
    connection = writer.connection
    if kept := await questions.find_document(connection, subject_id, kind, edition.version, language):
        return kept
    words, names = await compose()
    content = DocumentContent(language, names.study_centre_name, names.decided_by_name)
    made = await make_training_document(content, words, edition.dated_at)
    await questions.keep_document(connection, subject_id, kind, edition.version, language, made, writer.now)
    # Of two first readings at the same time the second waits above, and gets the document of the first.
    return await questions.find_document(connection, subject_id, kind, edition.version, language) or made


async def _partners_of(writer: Writer, plan: TrainingPlan, language: Language) -> list[str]:
    """The names of the partners in the order of the plan."""
    ids = [partner.organisation_id for partner in plan.partners if partner.organisation_id]
    names = await find_names(writer.connection, ids, language) if ids else {}
    named = (
        partner.name or (partner.organisation_id and names.get(partner.organisation_id)) for partner in plan.partners
    )
    return [name for name in named if name]
