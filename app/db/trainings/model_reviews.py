"""Reviewers of versions of training models, and their opinions."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, any_, bindparam, select, update

from app.db.paging import clock_of, seen_by
from app.db.people.people import in_force, role_grants
from app.db.sessions import Reader
from app.db.statements import NOW, Command, Query, columns_of, name_of
from app.db.trainings.model_tables import training_model_reviews, training_model_versions
from app.domain.trainings.model_reviews import ModelReviewer

_reviews = training_model_reviews.c
_version_id = bindparam("p_version_id", type_=Uuid)
_submission = bindparam("p_submission", type_=Integer)
_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_at = bindparam("p_at", type_=DateTime(timezone=True))
_of_submission = (_reviews.version_id == _version_id, _reviews.submission == _submission, _reviews.ended_at.is_(None))
_reviewers = Query(
    select(*columns_of(ModelReviewer, training_model_reviews, person_name=name_of(_reviews.person_id)))
    .where(*_of_submission)
    .order_by(_reviews.id),
    ModelReviewer,
)
_ended = Command(
    update(training_model_reviews).where(*_of_submission, _reviews.person_id == any_(_ids)).values(ended_at=_at)
)
_given = Command(
    update(training_model_reviews)
    .where(*_of_submission, _reviews.person_id == bindparam("p_person_id", type_=Uuid))
    .values(opinion=bindparam("p_opinion", type_=Text), text=bindparam("p_text", type_=Text), given_at=_at)
)
_reviewing: Query[UUID] = Query(
    select(_reviews.id)
    .join(training_model_versions, training_model_versions.c.id == _reviews.version_id)
    .where(
        training_model_versions.c.model_id == bindparam("p_model_id", type_=Uuid),
        training_model_versions.c.state == "in_review",
        training_model_versions.c.submissions == _reviews.submission,
        _reviews.ended_at.is_(None),
        _reviews.person_id == any_(_ids),
    )
)
_main_users: Query[UUID] = Query(
    select(role_grants.c.person_id).where(
        role_grants.c.person_id == any_(_ids),
        role_grants.c.role == "main_user",
        role_grants.c.organisation_id == bindparam("p_organisation_id", type_=Uuid),
        in_force(NOW),
    )
)


async def list_reviewers(session: Reader, version_id: UUID, submission: int) -> list[ModelReviewer]:
    return await _reviewers.all(
        session.connection, p_version_id=version_id, p_submission=submission, **seen_by(session)
    )


async def end_reviews(writer: Reader, version_id: UUID, submission: int, person_ids: Collection[UUID]) -> None:
    """Let these people review the submission no longer. What they have said is kept, and counts no more."""
    await _ended.run(
        writer.connection, p_version_id=version_id, p_submission=submission, p_ids=list(person_ids), p_at=writer.now
    )


async def put_opinion(
    writer: Reader, version_id: UUID, submission: int, person_id: UUID, *, opinion: str, text: str
) -> None:
    await _given.run(
        writer.connection,
        p_version_id=version_id,
        p_submission=submission,
        p_person_id=person_id,
        p_opinion=opinion,
        p_text=text,
        p_at=writer.now,
    )


async def reviews_open_version(session: Reader, model_id: UUID, person_id: UUID) -> bool:
    return bool(await _reviewing.first(session.connection, p_model_id=model_id, p_ids=[person_id]))


async def find_main_users(session: Reader, organisation_id: UUID, person_ids: Collection[UUID]) -> list[UUID]:
    """Those of the persons who are main users of the organisation now."""
    return await _main_users.all(
        session.connection, p_organisation_id=organisation_id, p_ids=list(person_ids), **clock_of(session)
    )
