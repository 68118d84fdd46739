"""Certificates of completed courses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    DateTime,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    or_,
    select,
    update,
)

from app.db.organisations.organisations import name_in, organisations
from app.db.paging import given
from app.db.people.people import study_centres
from app.db.resources import Resource
from app.db.sessions import Reader, Writer
from app.db.statements import (
    Connection,
    Query,
    Selection,
    changed_at,
    columns_of,
    insert_rows,
    study_centre_table,
)
from app.db.trainings.completions import completions
from app.db.trainings.model_tables import training_model_versions, training_models
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.tables import trainings
from app.domain.organisations.certificate_signatories import signatory_of
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import (
    Certifiable,
    CourseCertificate,
    ExtractedCompletion,
    PublicCertificate,
    Signatories,
)

certificates = study_centre_table(
    "certificates",
    Column("completion_id", Uuid, nullable=False),
    Column("training_id", Uuid, nullable=False),
    Column("language", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("study_centre_name", Text, nullable=False),
    Column("organisation_name", Text, nullable=False),
    Column("organiser_name", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("credits", SmallInteger, nullable=False),
    Column("completed_on", Date, nullable=False),
    Column("digest", Text, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("issued_by", Uuid, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("ended_by", Uuid),
    Column("ended_at", DateTime(timezone=True)),
    Column("reason", Text),
    changed_at(),
)

resource = Resource(
    select(*columns_of(CourseCertificate, certificates)),
    CourseCertificate,
    certificates,
    filters={"completion_id": given(certificates.c.completion_id, "completion_id")},
)
"""Certificates. Callers see them if they see the completion: the use case looks for it first."""
_of_several = Query(
    select(*columns_of(CourseCertificate, certificates))
    .where(certificates.c.completion_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .order_by(certificates.c.id.desc()),
    CourseCertificate,
)
_language = bindparam("p_language", type_=Text)
_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_central = organisations.alias("central")


_certifiable = Selection(
    Certifiable,
    completions,
    language=trainings.c.language,
    starts_on=trainings.c.starts_on,
    ends_on=trainings.c.ends_on,
    organisation=name_in(_language),
    central_organisation=name_in(_language, _central),
    study_centre=name_in(_language, study_centres),
    central_organisation_id=training_models.c.organisation_id,
    slug=study_centres.c.slug,
    version=training_model_versions.c.number,
    texts=training_model_versions.c.texts,
    assessment=training_model_versions.c.assessment,
    learner_hours=training_model_versions.c.learner_hours,
)
_of_completions = (
    select(*_certifiable.columns)
    .join(trainings, trainings.c.id == completions.c.training_id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
    .join(training_models, training_models.c.id == training_model_versions.c.model_id)
    .join(_central, _central.c.id == training_models.c.organisation_id)
    .join(study_centres, study_centres.c.id == completions.c.study_centre_id)
)
_is_asked = completions.c.id == any_(_ids)
_found = Query(_of_completions.where(_is_asked), _certifiable.build)
# While certificates are made, nobody corrects the completions.
_locked = Query(
    _of_completions.where(_is_asked).order_by(completions.c.id).with_for_update(key_share=True, of=completions),
    _certifiable.build,
)
_in_force: Query[UUID] = Query(
    select(certificates.c.id)
    .where(given(certificates.c.completion_id, "completion_id"), certificates.c.language == _language)
    .where(certificates.c.state == "in_force")
)
_content: Query[bytes] = Query(select(certificates.c.content).where(given(certificates.c.id, "id")), bytes)
_learner: Query[UUID] = Query(
    select(participation_claims.c.person_id).where(
        participation_claims.c.participant_id
        == select(completions.c.participant_id).where(given(completions.c.id, "id")).scalar_subquery(),
        participation_claims.c.state == "granted",
    )
)
_signatories = Query(
    select(study_centres.c.certificate_signatory, organisations.c.certificate_signatory)
    .join(study_centres, study_centres.c.id == organisations.c.study_centre_id)
    .where(given(organisations.c.id, "id")),
    lambda *stored: Signatories(*map(signatory_of, stored)),
)
_shown_to_all = Selection(
    PublicCertificate,
    certificates,
    organisation=certificates.c.organisation_name,
    organiser=certificates.c.organiser_name,
    study_centre=certificates.c.study_centre_name,
    model=certificates.c.model_name,
    issued_on=cast(func.timezone("Europe/Helsinki", certificates.c.issued_at), Date),
)


def _ending(*which: Any) -> Query[UUID]:
    columns = {
        "state": bindparam("p_state", type_=Text),
        "ended_by": bindparam("p_by", type_=Uuid),
        "ended_at": bindparam("p_at", type_=DateTime(timezone=True)),
        "reason": bindparam("p_reason", type_=Text),
    }
    return Query(
        update(certificates)
        .where(*which, certificates.c.state == "in_force")
        .values(columns)
        .returning(certificates.c.id)
    )


_newest_code = (
    select(certificates.c.code)
    .where(certificates.c.completion_id == completions.c.id, certificates.c.state == "in_force")
    .order_by(certificates.c.language != _language, certificates.c.id.desc())
    .limit(1)
    .correlate(completions)
    .scalar_subquery()
)
_registered = Query(
    select(
        *columns_of(
            ExtractedCompletion,
            completions,
            texts=training_model_versions.c.texts,
            organisation=name_in(_language),
            code=_newest_code,
        )
    )
    .join(participation_claims, participation_claims.c.participant_id == completions.c.participant_id)
    .join(trainings, trainings.c.id == completions.c.training_id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
    .where(
        participation_claims.c.person_id == any_(_ids),
        participation_claims.c.state == "granted",
        completions.c.state == "in_force",
        completions.c.outcome == "passed",
    )
    .order_by(completions.c.completed_on, completions.c.id),
    ExtractedCompletion,
)


_withdrawn = _ending(given(certificates.c.id, "id"))
_withdrawn_of_completion = _ending(given(certificates.c.completion_id, "completion_id"))


def _replacing() -> Query[UUID]:
    """End the certificates of what a completion corrects, and of what that corrects: those in force, and those that
    the correction has withdrawn, not those that staff have withdrawn for a reason."""
    start = select(completions.c.corrects_id).where(given(completions.c.id, "id")).cte("corrected", recursive=True)
    before = start.union(select(completions.c.corrects_id).where(completions.c.id == start.c.corrects_id))
    return Query(
        update(certificates)
        .where(
            certificates.c.completion_id.in_(select(before.c.corrects_id)),
            certificates.c.language == _language,
            or_(certificates.c.state == "in_force", certificates.c.reason.is_(None)),
            certificates.c.state != "replaced",
        )
        .values(
            state="replaced",
            ended_at=func.coalesce(certificates.c.ended_at, bindparam("p_at", type_=DateTime(timezone=True))),
        )
        .returning(certificates.c.id)
    )


_replaced = _replacing()


async def list_of_completions(session: Reader, completion_ids: Sequence[UUID]) -> list[CourseCertificate]:
    """The certificates of the completions, the newest first, of whatever state."""
    return await _of_several.all(session.connection, p_ids=list(completion_ids))


async def find_certifiable(connection: Connection, completion_id: UUID, language: Language) -> Certifiable | None:
    """The completion, with names in the language."""
    return await _found.first(connection, p_ids=[completion_id], p_language=language)


async def lock_certifiable(connection: Connection, ids: Sequence[UUID], language: Language) -> list[Certifiable]:
    """The completions, which nobody corrects until the transaction ends."""
    return await _locked.all(connection, p_ids=list(ids), p_language=language)


async def find_learner(connection: Connection, completion_id: UUID) -> UUID | None:
    """The person who has claimed the participation."""
    return await _learner.first(connection, p_id=completion_id)


async def find_in_force(connection: Connection, completion_id: UUID, language: Language) -> UUID | None:
    """The certificate of the completion in the language."""
    return await _in_force.first(connection, p_completion_id=completion_id, p_language=language)


async def find_signatories(connection: Connection, organisation_id: UUID) -> Signatories:
    found = await _signatories.first(connection, p_id=organisation_id)
    if found is None:
        raise RuntimeError("a model has an organisation")
    return found


async def list_registered(
    connection: Connection, person_ids: Sequence[UUID], language: Language
) -> list[ExtractedCompletion]:
    """The passed completions in force of the person, the oldest first, with names in the language."""
    return await _registered.all(connection, p_ids=list(person_ids), p_language=language)


async def insert_certificates(writer: Writer, rows: Sequence[dict[str, object]]) -> None:
    await insert_rows(
        writer.connection,
        certificates,
        [row | {"state": "in_force", "issued_by": writer.actor.person_id, "issued_at": writer.now} for row in rows],
    )


async def replace_certificates(writer: Writer, completion_id: UUID, language: Language) -> list[UUID]:
    """End the certificates in the language of the completions that this one corrects. Return which."""
    return await _replaced.all(writer.connection, p_id=completion_id, p_language=language, p_at=writer.now)


async def withdraw_certificate(writer: Writer, certificate_id: UUID, reason: str) -> None:
    await _withdrawn.all(
        writer.connection,
        p_id=certificate_id,
        p_state="withdrawn",
        p_by=writer.actor.person_id,
        p_at=writer.now,
        p_reason=reason,
    )


async def withdraw_certificates_of(writer: Writer, completion_id: UUID) -> list[UUID]:
    """Withdraw those that are in force, since the completion is corrected. Return which."""
    return await _withdrawn_of_completion.all(
        writer.connection,
        p_completion_id=completion_id,
        p_state="withdrawn",
        p_by=writer.actor.person_id,
        p_at=writer.now,
        p_reason=None,
    )


async def get_content(connection: Connection, certificate_id: UUID) -> bytes:
    content = await _content.first(connection, p_id=certificate_id)
    if content is None:
        raise RuntimeError("a certificate has a file")
    return content


_public = Query(
    select(*_shown_to_all.columns, completions.c.name)
    .join(completions, completions.c.id == certificates.c.completion_id)
    .where(given(certificates.c.code, "code")),
    lambda *values: (_shown_to_all.build(*values[:-1]), str(values[-1])),
)


async def find_public(reader: Reader, code: str) -> tuple[PublicCertificate, str] | None:
    """What everybody sees of the certificate, and the name in it, which nobody is shown."""
    return await _public.first(reader.connection, p_code=code)
