"""Versions of training models, as far as they concern courses."""

from uuid import UUID

from sqlalchemy import select

from app.db.organisations.organisations import organisations
from app.db.paging import given
from app.db.statements import Connection, Converted, Query, Selection
from app.db.trainings.model_tables import training_model_versions, training_models
from app.domain.trainings.model_courses import CourseVersion

_version = Selection(
    CourseVersion,
    training_model_versions,
    organisation_id=training_models.c.organisation_id,
    model_state=training_models.c.state,
    language=organisations.c.language,
    active_from=organisations.c.active_from,
    active_until=organisations.c.active_until,
    goals=Converted(
        training_model_versions.c.texts,
        lambda texts: {language: text["goals"] for language, text in texts.items() if text},
    ),
)
_found = Query(
    select(*_version.columns)
    .join(training_models, training_models.c.id == training_model_versions.c.model_id)
    .join(organisations, organisations.c.id == training_models.c.organisation_id)
    .where(given(training_model_versions.c.id, "id")),
    _version.build,
)


async def find_course_version(connection: Connection, version_id: UUID) -> CourseVersion | None:
    return await _found.first(connection, p_id=version_id)
