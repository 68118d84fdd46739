"""The public calendar: supported, approved and listed training courses that have not ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Text, Uuid, all_, and_, bindparam, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.sql.elements import ColumnElement

from app.db.organisations.organisations import organisations
from app.db.paging import Listing, any_given, choice, clock_of
from app.db.sessions import Reader
from app.db.statements import NOW, Command, Converted, Query, Selection
from app.db.support.enrolments import enrolled_in
from app.db.trainings.plans import enrolment_from, sessions_from
from app.db.trainings.tables import trainings
from app.domain.organisations.names import Names
from app.domain.support.enrolments import PublicEnrolment, Subject, public_enrolment_of
from app.domain.trainings.public_calendar import CANCELLED_SHOWN, CalendarTraining, PublicSession, PublicTraining

MOST_IN_FILE = 2000
"""Courses in a calendar file, the soonest of them."""
LONGEST = timedelta(days=366)
"""Of a course: its sessions are in one year."""


def _sessions_from(rows: list[dict[str, Any]]) -> list[PublicSession]:
    return [PublicSession(session.starts_at, session.ends_at, session.places) for session in sessions_from(rows)]


def _enrolment_from(row: list[Any]) -> PublicEnrolment | None:
    offered, starts_at, now, enrolled = row
    enrolment = enrolment_from(offered)
    if enrolment is None:
        return None
    return public_enrolment_of(enrolment, datetime.fromisoformat(starts_at), enrolled, datetime.fromisoformat(now))


_columns: dict[str, ColumnElement[Any] | Converted] = {
    "organiser": organisations.c.name,
    "sessions": Converted(trainings.c.sessions, _sessions_from),
    "enrolment": Converted(
        func.jsonb_build_array(
            trainings.c.enrolment, trainings.c.starts_at, NOW, enrolled_in("training", trainings.c.id)
        ),
        _enrolment_from,
    ),
}
_of_calendar = and_(
    trainings.c.hour_type == "training",
    trainings.c.listed,
    trainings.c.supported,
    trainings.c.starts_at > NOW - LONGEST,
)
IS_PUBLIC = and_(_of_calendar, trainings.c.state == "approved", trainings.c.ends_at > NOW)
_training = Selection(PublicTraining, trainings, **_columns)
_in_file = Selection(
    CalendarTraining,
    trainings,
    **_columns,
    is_cancelled=trainings.c.state == "cancelled",
)
_municipality = func.jsonb_path_query(
    trainings.c.sessions, cast("$[*].places[*].municipality", JSONPATH)
).column_valued("municipality")


def _held_in(municipality: Any) -> ColumnElement[bool]:
    return (
        select(_municipality)
        .where(_municipality.op("#>>")(cast("{}", ARRAY(Text))) == municipality)
        .correlate(trainings)
        .exists()
    )


_filters: Mapping[str, Any] = {
    "since": trainings.c.ends_on >= bindparam("p_since", type_=Date),
    "until": trainings.c.starts_on <= bindparam("p_until", type_=Date),
    "words": trainings.c.search_text.like(all_(bindparam("p_words", type_=ARRAY(Text)))),
    "municipality": choice("municipality", Text, _held_in),
    "mode": any_given(trainings.c.mode, "mode"),
}
_shown = select(*_training.columns).join(organisations, organisations.c.id == trainings.c.organisation_id)
_key = [trainings.c.starts_at, trainings.c.id]
listing = Listing(_shown.where(IS_PUBLIC), _training.build, key=_key, newest_first=False, filters=_filters)
_in_calendar = select(*_in_file.columns).join(organisations, organisations.c.id == trainings.c.organisation_id)
_was_cancelled = and_(
    _of_calendar,
    trainings.c.state == "cancelled",
    trainings.c.ended_at > NOW - CANCELLED_SHOWN,
)
file_listing = Listing(
    _in_calendar.where(or_(IS_PUBLIC, _was_cancelled)),
    _in_file.build,
    key=_key,
    newest_first=False,
    filters=_filters,
)
_subject = Selection(
    Subject,
    trainings,
    organiser=Selection(Names, organisations),
    enrolment=Converted(trainings.c.enrolment, enrolment_from),
    is_public=IS_PUBLIC,
)
_found_subject = Query(
    select(*_subject.columns)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .where(trainings.c.id == bindparam("p_id", type_=Uuid)),
    _subject.build,
)
_locked = Command(
    select(trainings.c.id).where(trainings.c.id == bindparam("p_id", type_=Uuid)).with_for_update(key_share=True)
)
_found_any = Query(_shown.where(trainings.c.id == bindparam("p_id", type_=Uuid)), _training.build)
_found = Query(_shown.where(IS_PUBLIC, trainings.c.id == bindparam("p_id", type_=Uuid)), _training.build)


async def find_public_training(reader: Reader, training_id: UUID) -> PublicTraining | None:
    return await _found.first(reader.connection, p_id=training_id, **clock_of(reader))


async def find_subject(reader: Reader, training_id: UUID, *, locked: bool = False) -> Subject | None:
    """What people enrol in, also if it is not public. A locked one, and its enrolments, are changed by nobody else."""
    if locked:
        await _locked.run(reader.connection, p_id=training_id)
    return await _found_subject.first(reader.connection, p_id=training_id, **clock_of(reader))


async def find_enrolled_training(reader: Reader, training_id: UUID) -> PublicTraining | None:
    """As those who have enrolled see it, also if it is no longer public."""
    return await _found_any.first(reader.connection, p_id=training_id, **clock_of(reader))
