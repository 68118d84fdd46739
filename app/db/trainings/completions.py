"""Completions of training courses: the study register."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, SmallInteger, Text, Uuid, any_, bindparam, func, select

from app.db.identifiers import new_id
from app.db.paging import filters_of, given
from app.db.people.api_keys import api_keys
from app.db.people.people import persons, study_centres
from app.db.resources import Resource
from app.db.sessions import Writer
from app.db.statements import Connection, Query, change_row, changed_at, columns_of, insert_row, study_centre_table
from app.db.trainings.model_tables import training_model_versions
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.tables import training_participants, trainings
from app.domain.organisations.names import search_text_of
from app.domain.trainings.completions import Completion, Learner, ModelInCourse
from app.domain.trainings.model_versions import Scale, credits_of

completions = study_centre_table(
    "completions",
    Column("training_id", Uuid, nullable=False),
    Column("participant_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("grade", SmallInteger),
    Column("completed_on", Date, nullable=False),
    Column("assessed_by", Text, nullable=False),
    Column("attended", Boolean),
    Column("grounds", Text),
    Column("credits", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("corrects_id", Uuid),
    Column("reason", Text),
    Column("recorded_by", Uuid, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    changed_at(),
)

YEARS = select(study_centres.c.completion_years).scalar_subquery()
"""How many years after its first session a course can be completed (rulebook §6.11)."""
_years: Query[int] = Query(select(study_centres.c.completion_years))
_learner_id = (
    select(participation_claims.c.person_id)
    .where(
        participation_claims.c.participant_id == completions.c.participant_id, participation_claims.c.state == "granted"
    )
    .correlate(completions)
    .scalar_subquery()
)
resource = Resource(
    select(*columns_of(Completion, completions)),
    Completion,
    completions,
    filters=filters_of(completions, "training_id", "state", "changed_since")
    | {"learner": _learner_id == any_(bindparam("p_learner", type_=ARRAY(Uuid)))},
)
"""Completions. Callers see those of trainings whose participants they see, and their own: the use case asks first."""


def _model_from(version_id: UUID, assessment: dict[str, Any], learner_hours: int) -> ModelInCourse:
    scale: Scale = assessment["scale"]
    return ModelInCourse(version_id, scale, credits_of(learner_hours) or 0)


_model = Query(
    select(
        training_model_versions.c.id,
        training_model_versions.c.assessment,
        training_model_versions.c.learner_hours,
    )
    .join(trainings, trainings.c.model_version_id == training_model_versions.c.id)
    .where(trainings.c.id == bindparam("p_training_id", type_=Uuid)),
    _model_from,
)
_holder = (
    select(persons.c.id)
    .where(persons.c.verified_email_key == training_participants.c.email_key, persons.c.merged_into.is_(None))
    .correlate(training_participants)
    .scalar_subquery()
)
_claimed = participation_claims.alias("claimed")
_learners = Query(
    select(
        *columns_of(
            Learner,
            training_participants,
            person_id=_claimed.c.person_id,
            holder_id=_holder,
            completion_id=completions.c.id,
        )
    )
    .outerjoin(_claimed, (_claimed.c.participant_id == training_participants.c.id) & (_claimed.c.state == "granted"))
    .outerjoin(
        completions, (completions.c.participant_id == training_participants.c.id) & (completions.c.state == "in_force")
    )
    .where(
        training_participants.c.training_id == bindparam("p_training_id", type_=Uuid),
        training_participants.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
    ),
    Learner,
)
_of_participant: Query[UUID] = Query(
    select(completions.c.id).where(completions.c.participant_id == bindparam("p_participant_id", type_=Uuid)).limit(1)
)

_maker: Query[UUID] = Query(
    select(func.coalesce(persons.c.merged_into, persons.c.id))
    .join(api_keys, api_keys.c.made_by == persons.c.id)
    .where(given(api_keys.c.id, "id"))
)


async def find_model(connection: Connection, training_id: UUID) -> ModelInCourse | None:
    """The version that the course is made from. None if it is made from none."""
    return await _model.first(connection, p_training_id=training_id)


async def find_learners(connection: Connection, training_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Learner]:
    """Those of the participants who are of the training, by their IDs."""
    found = await _learners.all(connection, p_training_id=training_id, p_ids=list(ids))
    return {learner.id: learner for learner in found}


async def find_maker(connection: Connection, key_id: UUID) -> UUID | None:
    """The person who created the API key, or into whom that person was merged."""
    return await _maker.first(connection, p_id=key_id)


async def has_completion(connection: Connection, participant_id: UUID) -> bool:
    """Whether the participant has one, also one that was corrected."""
    return await _of_participant.first(connection, p_participant_id=participant_id) is not None


async def insert_completion(writer: Writer, *, name: str, **columns: object) -> UUID:
    """A completion in force, recorded by the caller."""
    completion_id = new_id()
    await insert_row(
        writer.connection,
        completions,
        id=completion_id,
        name=name,
        search_text=search_text_of(name),
        state="in_force",
        recorded_by=writer.actor.person_id,
        recorded_at=writer.now,
        **columns,
    )
    return completion_id


async def mark_corrected(connection: Connection, completion_id: UUID) -> None:
    await change_row(connection, completions, completion_id, state="corrected")


async def find_years(connection: Connection) -> int:
    """How many years after its first session a course can be completed."""
    return await _years.first(connection) or 0
