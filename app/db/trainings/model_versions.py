"""Versions of training models, which are found by the numbers that they have within their models."""

from typing import Any
from uuid import UUID

from sqlalchemy import SmallInteger, Uuid, and_, bindparam, func, or_, select

from app.db.paging import filters_of, in_tree, seen_by
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Connection, Converted, Query, Selection, from_json
from app.db.trainings.model_tables import training_model_versions, training_models
from app.db.trainings.models import IS_ACCEPTED
from app.domain.errors import NotFound
from app.domain.trainings.model_versions import (
    APPROVED_STATES,
    OPEN_STATES,
    Assessment,
    KoskiStudyUnit,
    ModelText,
    ModelTexts,
    ModelVersion,
    credits_of,
)

_columns = training_model_versions.c
_is_approved = or_(*(_columns.state == state for state in APPROVED_STATES))
_is_open = or_(*(_columns.state == state for state in OPEN_STATES))


def texts_from(stored: dict[str, dict[str, Any]]) -> ModelTexts:
    return ModelTexts(**{language: ModelText(**text) for language, text in stored.items()})


version_selection = Selection(
    ModelVersion,
    training_model_versions,
    organisation_id=training_models.c.organisation_id,
    texts=Converted(_columns.texts, texts_from),
    assessment=from_json(_columns.assessment, Assessment),
    koski_study_unit=from_json(_columns.koski_study_unit, KoskiStudyUnit),
    credits=Converted(_columns.learner_hours, credits_of),
)
_versions = select(*version_selection.columns).join(training_models, training_models.c.id == _columns.model_id)
_sight = in_tree(training_models.c.organisation_id, and_(IS_ACCEPTED, _is_approved))
versions = Resource(
    _versions,
    version_selection.build,
    training_model_versions,
    seen=_sight,
    filters=filters_of(training_model_versions, "model_id", "state", "changed_since"),
)

_model_id = bindparam("p_model_id", type_=Uuid)
_of_model = _versions.where(_columns.model_id == _model_id)
_numbered = _of_model.where(_columns.number == bindparam("p_number", type_=SmallInteger))
_one = Query(_numbered, version_selection.build)
_one_seen = Query(_numbered.where(_sight.condition), version_selection.build)
_newest = Query(_of_model.order_by(_columns.number.desc()).limit(1), version_selection.build)
_newest_approved = Query(
    _of_model.where(_is_approved).order_by(_columns.number.desc()).limit(1),
    version_selection.build,
)
_open = Query(_of_model.where(_is_open), version_selection.build)
_in_use = Query(_of_model.where(_columns.state == "in_use"), version_selection.build)
_last_number: Query[int | None] = Query(select(func.max(_columns.number)).where(_columns.model_id == _model_id))
_senders: Query[list[UUID]] = Query(select(_columns.senders).where(_columns.id == bindparam("p_id", type_=Uuid)))


async def get_version(session: Reader, model_id: UUID, number: int) -> ModelVersion:
    """The version, as far as the caller sees it. Raises NotFound. The model's lock protects it."""
    sight = versions.sight_of(session)
    parameters = {"p_model_id": model_id, "p_number": number} | seen_by(session) | (sight or {})
    version = await (_one if sight is None else _one_seen).first(session.connection, **parameters)
    if version is None:
        raise NotFound
    return version


async def find_newest(session: Reader, model_id: UUID) -> ModelVersion | None:
    return await _newest.first(session.connection, p_model_id=model_id, **seen_by(session))


async def find_newest_approved(session: Reader, model_id: UUID) -> ModelVersion | None:
    """The newest version that was approved, whether it is in use or not."""
    return await _newest_approved.first(session.connection, p_model_id=model_id, **seen_by(session))


async def find_open_version(session: Reader, model_id: UUID) -> ModelVersion | None:
    return await _open.first(session.connection, p_model_id=model_id, **seen_by(session))


async def find_in_use(session: Reader, model_id: UUID) -> ModelVersion | None:
    return await _in_use.first(session.connection, p_model_id=model_id, **seen_by(session))


async def next_number(connection: Connection, model_id: UUID) -> int:
    return (await _last_number.first(connection, p_model_id=model_id) or 0) + 1


async def list_senders(connection: Connection, version_id: UUID) -> list[UUID]:
    """Everyone who ever submitted the version."""
    return await _senders.first(connection, p_id=version_id) or []
