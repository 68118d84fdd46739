"""Documents about training courses and cost statements: what they say, and the documents as they were first read."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, insert

from app.db.organisations.organisations import name_in, organisations
from app.db.paging import given
from app.db.people.people import study_centres
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Command, Connection, Query, bound, columns_of, name_of, study_centre_table
from app.db.trainings.cost_statements import build_statement, contents_from, select_statements
from app.db.trainings.model_tables import training_model_versions
from app.db.trainings.plans import json_of, plan_from, time_from
from app.db.trainings.tables import cost_statements, training_changes, trainings
from app.db.trainings.topic_classes import topic_classes
from app.db.trainings.trainings import SEEN, build_training, select_trainings
from app.domain.organisations.organisations import Language
from app.domain.trainings.cost_statements import StatementContents
from app.domain.trainings.documents import (
    DecidedChange,
    DocumentKind,
    DocumentNames,
    PlanOnRecord,
    StatementOnRecord,
    Submitted,
    SubmittedStatement,
)
from app.domain.trainings.model_versions import LANGUAGES
from app.domain.trainings.trainings import TrainingPlan, plan_of

training_documents = study_centre_table(
    "training_documents",
    Column("subject_id", Uuid, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
_documents = training_documents
_language = bindparam("p_language", type_=Text)
_decided_by, _reversed_by = bindparam("p_decided_by", type_=Uuid), bindparam("p_reversed_by", type_=Uuid)


_names = Query(
    select(
        *columns_of(
            DocumentNames,
            organisations,
            organisation_name=name_in(_language),
            study_centre_name=name_in(_language, study_centres),
            topic_name=name_in(_language, topic_classes),
            # As `model_name_of`: in the language, or else in the first one that the version has.
            model_name=func.coalesce(
                *(training_model_versions.c.texts[each]["name"].astext for each in (_language, *LANGUAGES))
            ),
            version=training_model_versions.c.number,
            decided_by_name=name_of(_decided_by),
            reversed_by_name=name_of(_reversed_by),
        )
    )
    .join(study_centres, study_centres.c.id == organisations.c.study_centre_id)
    .outerjoin(topic_classes, topic_classes.c.code == bindparam("p_topic", type_=Text))
    .outerjoin(training_model_versions, training_model_versions.c.id == bindparam("p_version", type_=Uuid))
    .where(given(organisations.c.id, "id")),
    DocumentNames,
)
_changes = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object(
                        *(
                            part
                            for column in columns_of(DecidedChange, training_changes)
                            for part in (literal(column.name), training_changes.c[column.name])
                        )
                    ),
                    training_changes.c.decided_at,
                    training_changes.c.id,
                )
            ),
            literal([], JSONB),
        )
    )
    .where(
        training_changes.c.training_id == trainings.c.id,
        or_(training_changes.c.state == "approved", training_changes.c.state == "rejected"),
    )
    .correlate(trainings)
    .scalar_subquery()
    .label("changes")
)
"""The decided changes of a training, in the order of their decisions."""
_content = Query(
    select(_documents.c.content).where(
        given(_documents.c.subject_id, "subject_id"),
        given(_documents.c.kind, "kind"),
        given(_documents.c.version, "version"),
        _documents.c.language == _language,
    ),
    lambda content: bytes(content),
)
_columns = ("subject_id", "kind", "version", "language", "content", "made_at")
_kept = Command(insert(_documents).values({name: bindparam(f"p_{name}") for name in _columns}).on_conflict_do_nothing())


def _plan_on_record(*values: Any) -> PlanOnRecord:
    *training, times, plan, changes = values
    return PlanOnRecord(
        build_training(*training),
        Submitted(times, plan and plan_from(plan)),
        [DecidedChange(**each | {"decided_at": time_from(each["decided_at"])}) for each in changes],
    )


# One query: what is submitted or decided meanwhile is in all of it or in none.
plans_on_record = Resource(
    select_trainings(trainings.c.submissions, trainings.c.as_submitted, _changes),
    _plan_on_record,
    trainings,
    seen=SEEN,
)
_kept_plan = Command(
    update(trainings)
    .where(given(trainings.c.id, "id"), trainings.c.as_submitted.is_(None))
    .values(as_submitted=bindparam("p_plan", type_=JSONB))
)


_contents = [field.name for field in fields(StatementContents)]


def _statement_on_record(*values: Any) -> StatementOnRecord:
    *statement, times, contents = values
    return StatementOnRecord(
        build_statement(*statement), SubmittedStatement(times, contents and contents_from(contents))
    )


statements_on_record = Resource(
    select_statements(cost_statements.c.submissions, cost_statements.c.as_submitted),
    _statement_on_record,
    cost_statements,
    seen=SEEN,
)
_kept_statement = Command(
    update(cost_statements)
    .where(
        given(cost_statements.c.id, "id"),
        cost_statements.c.as_submitted.is_(None),
        cost_statements.c.submitted_at.is_not(None),
    )
    .values(
        as_submitted=func.jsonb_build_object(
            *(part for name in _contents for part in (literal(name), cost_statements.c[name]))
        )
    )
)


async def get_names(
    session: Reader,
    organisation_id: UUID,
    language: Language,
    *,
    topic: str | None = None,
    version_id: UUID | None = None,
    decided_by: UUID | None = None,
    reversed_by: UUID | None = None,
) -> DocumentNames:
    """The names that everybody sees who sees the document, so that it is the same for all."""
    everybody: dict[str, object] = {"p_reader": None, "p_overseen": [], "p_now": session.now}
    names = await _names.first(
        session.connection,
        p_id=organisation_id,
        p_language=language,
        p_topic=topic,
        p_version=version_id,
        p_decided_by=decided_by,
        p_reversed_by=reversed_by,
        **everybody,
    )
    if names is None:
        raise RuntimeError("a training has an organisation")
    return names


async def keep_submitted_plan(connection: Connection, training_id: UUID, plan: TrainingPlan) -> None:
    """Keep the plan as it was submitted, before it is changed for the first time since."""
    await _kept_plan.run(connection, p_id=training_id, p_plan=Jsonb(json_of(plan_of(plan))))


async def keep_submitted_statement(connection: Connection, statement_id: UUID) -> None:
    """Keep the statement as it was submitted, if it was, before it is changed for the first time since."""
    await _kept_statement.run(connection, p_id=statement_id)


async def find_document(
    connection: Connection, subject_id: UUID, kind: DocumentKind, version: int, language: Language
) -> bytes | None:
    """The document as it was first read, if it was."""
    return await _content.first(
        connection, p_subject_id=subject_id, p_kind=kind, p_version=version, p_language=language
    )


async def keep_document(
    connection: Connection,
    subject_id: UUID,
    kind: DocumentKind,
    version: int,
    language: Language,
    content: bytes,
    made_at: datetime,
) -> None:
    """Keep the document, unless it has been kept meanwhile."""
    values = (subject_id, kind, version, language, content, made_at)
    await _kept.run(connection, **bound(_documents, dict(zip(_columns, values, strict=True))))
