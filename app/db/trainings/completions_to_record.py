"""Courses that have ended and lack completions, and whether anybody may decide claims (rulebook §3.18)."""

from datetime import date, datetime

from sqlalchemy import Date, and_, any_, bindparam, func, or_, select

from app.db.organisations.participant_readers import participant_readers
from app.db.paging import clock_of
from app.db.people.people import in_force, role_grants
from app.db.sessions import Reader
from app.db.statements import NOW, TODAY, Connection, Query, columns_of
from app.db.trainings.completions import YEARS, completions
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.tables import training_participants, trainings
from app.domain.calendar.deadlines import day_of
from app.domain.calendar.due_reminders import EndedCourse

_has_completion = (
    select(completions.c.id)
    .where(completions.c.participant_id == training_participants.c.id, completions.c.state == "in_force")
    .correlate(training_participants)
    .exists()
)
_lacks_completion = (
    select(training_participants.c.id)
    .where(
        training_participants.c.training_id == trainings.c.id,
        training_participants.c.anonymised_at.is_(None),
        ~_has_completion,
    )
    .correlate(trainings)
    .exists()
)
IS_TO_COMPLETE = and_(
    trainings.c.model_version_id.is_not(None),
    or_(trainings.c.state == "approved", and_(trainings.c.state == "lapsed", trainings.c.decided_at.is_not(None))),
    trainings.c.ends_at <= NOW,
    trainings.c.starts_on >= TODAY - func.make_interval(YEARS),
    _lacks_completion,
)
"""Whether a course from a training model has ended, and a participant who is not anonymous has no completion."""

_ended = Query(
    select(*columns_of(EndedCourse, trainings)).where(
        IS_TO_COMPLETE, trainings.c.ends_on < TODAY, trainings.c.ends_on >= bindparam("p_since", type_=Date)
    ),
    EndedCourse,
)
_has_reader = (
    select(role_grants.c.id)
    .join(participant_readers, role_grants.c.person_id == any_(participant_readers.c.person_ids))
    .where(role_grants.c.role == "staff", in_force(NOW))
    .exists()
)
_has_claim = select(participation_claims.c.id).where(participation_claims.c.state == "open").exists()
_has_course = select(trainings.c.id).where(IS_TO_COMPLETE).exists()
_lacks_reader: Query[bool] = Query(
    select(func.count()).where(~_has_reader, or_(_has_claim, _has_course)), lambda count: bool(count)
)


async def list_ended(connection: Connection, since: date, now: datetime) -> list[EndedCourse]:
    """Courses that lack completions and ended on a day before today, on that day at the earliest."""
    return await _ended.all(connection, p_since=since, p_now=now, p_today=day_of(now))


async def lacks_reader(session: Reader) -> bool:
    """Whether a claim or a completion waits, and nobody of the staff is named to see participants."""
    return bool(await _lacks_reader.first(session.connection, **clock_of(session)))
