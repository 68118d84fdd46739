"""Shares of the study register: links by which anybody reads what a learner has passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    select,
    update,
)

from app.db.paging import Sight
from app.db.people.people import persons
from app.db.resources import Resource
from app.db.statements import TODAY, Connection, Query, change_row, columns_of, study_centre_table
from app.domain.trainings.study_register import Share

study_register_shares = study_centre_table(
    "study_register_shares",
    Column("person_id", Uuid, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)

_shares = study_register_shares.c
_works = and_(_shares.ended_at.is_(None), _shares.expires_on >= TODAY)
shares = Resource(
    select(*columns_of(Share, study_register_shares)).where(_works),
    Share,
    study_register_shares,
    seen=Sight(_shares.person_id == bindparam("p_owner", type_=Uuid), lambda actor: {"p_owner": actor.person_id}),
)
"""The caller's own shares that work today."""
_count: Query[int] = Query(
    select(func.count(type_=Integer)).where(_shares.person_id == bindparam("p_owner", type_=Uuid), _works)
)


@dataclass(frozen=True)
class FoundShare:
    person_id: UUID
    person_name: str
    expires_on: date


_found = Query(
    select(*columns_of(FoundShare, study_register_shares, person_name=persons.c.name))
    .join(persons, persons.c.id == _shares.person_id)
    .where(_shares.digest == bindparam("p_digest", type_=LargeBinary), _works),
    FoundShare,
)
_ended: Query[UUID] = Query(
    update(study_register_shares)
    .where(_shares.person_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), _shares.ended_at.is_(None))
    .values(ended_at=bindparam("p_at", type_=DateTime(timezone=True)))
    .returning(_shares.id)
)


async def count_shares(connection: Connection, person_id: UUID, today: date) -> int:
    """How many shares of the person work today."""
    return await _count.first(connection, p_owner=person_id, p_today=today) or 0


async def find_share(connection: Connection, digest: bytes, today: date) -> FoundShare | None:
    """The share with that secret, if it works today."""
    return await _found.first(connection, p_digest=digest, p_today=today)


async def end_share(connection: Connection, share_id: UUID, at: datetime) -> None:
    await change_row(connection, study_register_shares, share_id, ended_at=at)


async def end_shares_of(connection: Connection, person_ids: Sequence[UUID], at: datetime) -> list[UUID]:
    """End all shares of these people, and return which."""
    return await _ended.all(connection, p_ids=list(person_ids), p_at=at)
