"""The study register: a learner's own, what is shared of it, and completions by name."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, all_, and_, any_, bindparam, func, select

from app.db.organisations.organisations import name_in, organisations
from app.db.paging import Listing, filters_of, seen_by
from app.db.sessions import Reader
from app.db.statements import Connection, Converted, Query, Selection, columns_of
from app.db.trainings.certificates import list_of_completions
from app.db.trainings.completions import completions
from app.db.trainings.koski_consents import list_of_learner
from app.db.trainings.model_tables import training_model_versions, training_models
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.tables import trainings
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import model_name_of
from app.domain.trainings.completions import Completion
from app.domain.trainings.study_register import (
    Participation,
    RegisteredCompletion,
    RegisteredModel,
    SharedCompletion,
)

_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_language = bindparam("p_language", type_=Text)
_in_force = and_(
    completions.c.participant_id == participation_claims.c.participant_id, completions.c.state == "in_force"
)
_is_own = and_(participation_claims.c.person_id == any_(_ids), participation_claims.c.state == "granted")
_course = [
    participation_claims.c.id,
    participation_claims.c.training_id,
    trainings.c.name,
    trainings.c.organisation_id,
    organisations.c.name,
    participation_claims.c.participant_id,
    trainings.c.starts_on,
    trainings.c.ends_on,
]
_model_name = Converted(
    func.jsonb_build_array(training_model_versions.c.texts, trainings.c.language),
    lambda stored: model_name_of(*stored),
)
"""The name in the version's texts: the model itself keeps the name of its proposal."""
_model = Selection(RegisteredModel, training_model_versions, name=_model_name)
_completion = columns_of(Completion, completions)


def _participation_from(*values: Any) -> Participation:
    """A course may be made from no model, and a participation have no completion yet. Certificates and consent are read
    by themselves."""
    course, rest = values[: len(_course)], values[len(_course) :]
    model, completion = rest[: len(_model.columns)], rest[len(_model.columns) :]
    shown: list[Any] = [
        *course,
        None if model[0] is None else _model.build(*model),
        None if completion[0] is None else Completion(*completion),
        [],
        None,
    ]
    return Participation(*shown)


_own = Query(
    select(*(column.label(f"column_{place}") for place, column in enumerate([*_course, *_model.columns, *_completion])))
    .select_from(participation_claims)
    .join(trainings, trainings.c.id == participation_claims.c.training_id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .outerjoin(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
    .outerjoin(completions, _in_force)
    .where(_is_own)
    .order_by(trainings.c.starts_at.desc(), participation_claims.c.id.desc()),
    _participation_from,
)
_central = organisations.alias("central")
_shown = Selection(
    SharedCompletion,
    completions,
    organisation=name_in(_language, _central),
    organiser=name_in(_language),
    model=_model_name,
    version=training_model_versions.c.number,
)
_shared = Query(
    select(*_shown.columns)
    .select_from(participation_claims)
    .join(completions, _in_force)
    .join(trainings, trainings.c.id == completions.c.training_id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
    .join(training_models, training_models.c.id == training_model_versions.c.model_id)
    .join(_central, _central.c.id == training_models.c.organisation_id)
    .where(_is_own, completions.c.outcome == "passed")
    .order_by(completions.c.completed_on.desc(), completions.c.id.desc()),
    _shown.build,
)
listing = Listing(
    select(
        *columns_of(
            RegisteredCompletion,
            completions,
            training_name=trainings.c.name,
            organisation_id=trainings.c.organisation_id,
            organisation_name=organisations.c.name,
        )
    )
    .join(trainings, trainings.c.id == completions.c.training_id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id),
    RegisteredCompletion,
    key=[completions.c.id],
    filters=filters_of(completions, "state")
    | {"words": completions.c.search_text.like(all_(bindparam("p_words", type_=ARRAY(Text))))},
)
"""All completions of the study centre: for named staff."""


async def list_participations(session: Reader, person_ids: Sequence[UUID]) -> list[Participation]:
    """The claimed participations of the person, over all organisations and years."""
    found = await _own.all(session.connection, p_ids=list(person_ids), **seen_by(session))
    certificates = await list_of_completions(session, [each.completion.id for each in found if each.completion])
    consents = {each.participant_id: each for each in await list_of_learner(session, person_ids)}
    return [
        replace(
            each,
            certificates=[of for of in certificates if each.completion and of.completion_id == each.completion.id],
            consent=consents.get(each.participant_id),
        )
        for each in found
    ]


async def list_shared(connection: Connection, person_ids: Sequence[UUID], language: Language) -> list[SharedCompletion]:
    """The passed completions in force of the person, with names in that language."""
    return await _shared.all(connection, p_ids=list(person_ids), p_language=language)
