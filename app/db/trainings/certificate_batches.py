"""Orders of certificates, and the completions that they are made of."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Integer, Text, Uuid, any_, bindparam, case, exists, select

from app.db.paging import given
from app.db.resources import Resource
from app.db.statements import Connection, Query, changed_at, columns_of, study_centre_table
from app.db.trainings.certificates import certificates
from app.db.trainings.completions import completions
from app.db.trainings.model_tables import training_model_versions, training_models
from app.db.trainings.tables import trainings
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificate_batches import BATCH_KEPT, CertificateBatch, CertifiedModel

certificate_batches = study_centre_table(
    "certificate_batches",
    Column("training_id", Uuid, nullable=False),
    Column("language", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("certificates", Integer, nullable=False),
    Column("certificate_ids", ARRAY(Uuid)),
    Column("failure", Text),
    Column("requested_by", Uuid, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    changed_at(),
)

resource = Resource(
    select(
        *columns_of(
            CertificateBatch,
            certificate_batches,
            available_until=case(
                (certificate_batches.c.state == "ready", certificate_batches.c.finished_at + BATCH_KEPT)
            ),
        )
    ),
    CertificateBatch,
    certificate_batches,
    filters={"training_id": given(certificate_batches.c.training_id, "training_id")},
)
"""Orders of certificates. Callers see them if they write the training: the use case looks for it first."""

_language = bindparam("p_language", type_=Text)
_has_certificate = exists().where(
    certificates.c.completion_id == completions.c.id,
    certificates.c.language == _language,
    certificates.c.state == "in_force",
)
_of_training = (
    given(completions.c.training_id, "training_id"),
    completions.c.state == "in_force",
    completions.c.outcome == "passed",
)
_without: Query[UUID] = Query(
    select(completions.c.id)
    .where(*_of_training, ~_has_certificate)
    .order_by(completions.c.id)
    .limit(bindparam("p_most", type_=Integer))
    .with_for_update(key_share=True, of=completions)
)
_still_without: Query[UUID] = Query(
    select(completions.c.id)
    .where(completions.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), ~_has_certificate)
    .order_by(completions.c.id)
)
_all_in_force: Query[UUID] = Query(
    select(certificates.c.id)
    .join(completions, completions.c.id == certificates.c.completion_id)
    .where(*_of_training, certificates.c.language == _language, certificates.c.state == "in_force")
    .order_by(completions.c.search_text, certificates.c.id)
)
_model = Query(
    select(training_models.c.organisation_id, training_model_versions.c.texts)
    .join(training_model_versions, training_model_versions.c.model_id == training_models.c.id)
    .join(trainings, trainings.c.model_version_id == training_model_versions.c.id)
    .where(given(trainings.c.id, "id")),
    CertifiedModel,
)
_batch_ids: Query[list[UUID]] = Query(
    select(certificate_batches.c.certificate_ids).where(given(certificate_batches.c.id, "id"))
)
_waiting: Query[UUID] = Query(
    select(certificate_batches.c.id)
    .where(certificate_batches.c.state == "waiting")
    .order_by(certificate_batches.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


async def find_model_of(connection: Connection, training_id: UUID) -> CertifiedModel | None:
    return await _model.first(connection, p_id=training_id)


async def lock_without(connection: Connection, training_id: UUID, language: Language, most: int) -> list[UUID]:
    """Passed completions in force that had no certificate in the language, so many at most. One that was corrected
    while this waited is left out."""
    return await _without.all(connection, p_training_id=training_id, p_language=language, p_most=most)


async def list_still_without(connection: Connection, ids: Sequence[UUID], language: Language) -> list[UUID]:
    """Those of the locked completions that have no certificate in the language now."""
    return await _still_without.all(connection, p_ids=list(ids), p_language=language)


async def list_in_force(connection: Connection, training_id: UUID, language: Language) -> list[UUID]:
    """The certificates of the training in the language, by the names of their learners."""
    return await _all_in_force.all(connection, p_training_id=training_id, p_language=language)


async def lock_waiting(connection: Connection) -> UUID | None:
    """The oldest order that no other worker works on."""
    return await _waiting.first(connection)


async def list_batch_certificates(connection: Connection, batch_id: UUID) -> list[UUID]:
    return await _batch_ids.first(connection, p_id=batch_id) or []
