"""Enrolments of courses in the public calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    ScalarSelect,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    null,
    or_,
    select,
    update,
)

from app.db.paging import Listing, any_given, given
from app.db.statements import NOW, Command, Connection, Query, columns_of, study_centre_table
from app.db.trainings.tables import trainings
from app.domain.support.enrolments import KEPT_FOR, EnrolledPerson, EnrolmentRow

enrolments = study_centre_table(
    "enrolments",
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("number", Integer),
    Column("name", Text),
    Column("email", Text),
    Column("email_key", Text),
    Column("language", Text, nullable=False),
    Column("under_age", Boolean, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("erased_at", DateTime(timezone=True)),
)


def enrolled_in(subject_type: str, subject_id: Any) -> ScalarSelect[int]:
    """The number of places that are taken in the subject, whose ID is a column of the select around it."""
    return (
        select(func.count(type_=Integer))
        .where(
            enrolments.c.subject_type == subject_type,
            enrolments.c.subject_id == subject_id,
            enrolments.c.state == "enrolled",
        )
        .scalar_subquery()
    )


_row = select(*columns_of(EnrolmentRow, enrolments))
_of_subject = and_(given(enrolments.c.subject_type, "subject_type"), given(enrolments.c.subject_id, "subject_id"))
_is_confirmed = or_(enrolments.c.state == "enrolled", enrolments.c.state == "waiting")
_of_token = Query(_row.where(given(enrolments.c.digest, "digest")), EnrolmentRow)
_of_token_locked = Query(_row.where(given(enrolments.c.digest, "digest")).with_for_update(), EnrolmentRow)
_of_address = Query(
    _row.where(_of_subject, given(enrolments.c.email_key, "email_key"), enrolments.c.state != "cancelled"), EnrolmentRow
)
_counts: Query[tuple[int, int, int]] = Query(
    select(
        func.count(type_=Integer).filter(enrolments.c.state == "enrolled"),
        func.count(type_=Integer).filter(
            enrolments.c.state == "waiting", enrolments.c.number <= bindparam("p_number", type_=Integer)
        ),
        func.coalesce(func.max(enrolments.c.number), 0, type_=Integer),
    ).where(_of_subject),
    lambda *counts: counts,
)
_first_waiting = Query(
    _row.where(_of_subject, enrolments.c.state == "waiting")
    .order_by(enrolments.c.number)
    .limit(bindparam("p_most", type_=Integer)),
    EnrolmentRow,
)
_confirmed = Query(_row.where(_of_subject, _is_confirmed).order_by(enrolments.c.number), EnrolmentRow)
_ended = Command(
    update(enrolments)
    .where(_of_subject, enrolments.c.state != "cancelled")
    .values(state="cancelled", name=null(), email=null(), email_key=null(), ended_at=NOW, erased_at=NOW)
)
_trainings_of_address: Query[UUID] = Query(
    select(enrolments.c.subject_id).where(given(enrolments.c.email_key, "email_key")).distinct()
)
_ended_with_address: Query[UUID] = Query(
    update(enrolments)
    .where(
        given(enrolments.c.email_key, "email_key"),
        enrolments.c.subject_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
    )
    .values(
        state="cancelled",
        name=null(),
        email=null(),
        email_key=null(),
        ended_at=func.coalesce(enrolments.c.ended_at, NOW),
        erased_at=NOW,
    )
    .returning(enrolments.c.subject_id)
)
_removed = Command(
    delete(enrolments).where(
        or_(
            and_(enrolments.c.state == "unconfirmed", enrolments.c.expires_at <= NOW),
            ~select(trainings.c.id)
            .where(trainings.c.id == enrolments.c.subject_id, trainings.c.ends_at > NOW - KEPT_FOR)
            .exists(),
        )
    )
)
people = Listing(
    select(*columns_of(EnrolledPerson, enrolments)).where(_is_confirmed),
    EnrolledPerson,
    key=[enrolments.c.number],
    newest_first=False,
    filters={
        "subject_id": given(enrolments.c.subject_id, "subject_id"),
        "state": any_given(enrolments.c.state, "state"),
    },
)
_people = Query(
    select(*columns_of(EnrolledPerson, enrolments)).where(
        _is_confirmed,
        given(enrolments.c.subject_id, "subject_id"),
        enrolments.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))),
    ),
    EnrolledPerson,
)


@dataclass(frozen=True)
class Counts:
    enrolled: int
    position: int
    """How many wait with the number or an earlier one."""
    last_number: int


async def find_enrolment(connection: Connection, digest: bytes, *, locked: bool = False) -> EnrolmentRow | None:
    """The enrolment whose token has that digest."""
    return await (_of_token_locked if locked else _of_token).first(connection, p_digest=digest)


async def find_of_address(connection: Connection, subject_id: UUID, email_key: str) -> EnrolmentRow | None:
    """The enrolment in the training that the address has."""
    return await _of_address.first(connection, p_email_key=email_key, **_training(subject_id))


async def count_places(connection: Connection, subject_id: UUID, number: int | None = None) -> Counts:
    """How many places are taken, and who waits before the number."""
    found = await _counts.first(connection, p_number=number or 0, **_training(subject_id))
    return Counts(*found) if found else Counts(0, 0, 0)


async def list_first_waiting(connection: Connection, subject_id: UUID, most: int) -> list[EnrolmentRow]:
    return await _first_waiting.all(connection, p_most=most, **_training(subject_id))


async def list_confirmed(connection: Connection, subject_id: UUID) -> list[EnrolmentRow]:
    """Those who are enrolled and who wait, in their order."""
    return await _confirmed.all(connection, **_training(subject_id))


async def find_people(connection: Connection, subject_id: UUID, ids: Sequence[UUID]) -> dict[UUID, EnrolledPerson]:
    """Those of the enrolments that are the training's and confirmed."""
    found = await _people.all(connection, p_subject_id=subject_id, p_ids=list(ids))
    return {person.id: person for person in found}


async def end_all(connection: Connection, subject_id: UUID, now: datetime) -> None:
    """Cancel all enrolments in the training, and remove their names and addresses."""
    await _ended.run(connection, p_now=now, **_training(subject_id))


async def list_trainings_of_address(connection: Connection, email_key: str) -> list[UUID]:
    """The trainings in which the address has an enrolment."""
    return await _trainings_of_address.all(connection, p_email_key=email_key)


async def end_with_address(
    connection: Connection, email_key: str, training_ids: Sequence[UUID], now: datetime
) -> set[UUID]:
    """Cancel the address's enrolments in these trainings, and return those in which it had any."""
    parameters = {"p_email_key": email_key, "p_ids": list(training_ids), "p_now": now}
    return set(await _ended_with_address.all(connection, **parameters))


async def remove_old_enrolments(connection: Connection, now: datetime) -> int:
    """Remove requests that were not confirmed in time, and the enrolments of trainings that ended long enough ago."""
    return await _removed.run(connection, p_now=now)


def _training(subject_id: UUID) -> dict[str, object]:
    return {"p_subject_type": "training", "p_subject_id": subject_id}
