"""The mails that are due, one at a time, noted as taken by whoever hands it over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Interval, String, Uuid, bindparam, func, literal, null, or_, select, update

from app.db.delivery.mails import mails
from app.db.people.people import persons
from app.db.statements import Command, Connection, Query
from app.domain.organisations.organisations import Language


@dataclass(frozen=True)
class DueMail:
    id: UUID
    person_id: UUID
    name: str
    email: str
    """The person's address as it is now."""
    language: Language
    subject: str
    text: str
    dates: list[dict[str, str]]
    made_at: datetime
    attempts: int


TAKEN_FOR = timedelta(minutes=15)
"""How long nobody else hands over what a worker has taken: longer than a server may take to answer, and a worker to
reach the database again. What a worker had in hand as it died waits for so long."""

_worker = bindparam("p_worker", type_=Uuid)
_waiting = mails.alias("waiting")
_next = (
    select(_waiting.c.id)
    .where(
        _waiting.c.state == "due",
        _waiting.c.next_attempt_at <= func.clock_timestamp(),
        _waiting.c.due_at <= bindparam("p_now", type_=DateTime(timezone=True)),
        or_(
            _waiting.c.worker_id.is_(None),
            _waiting.c.worker_id == _worker,
            _waiting.c.taken_at < func.clock_timestamp() - literal(TAKEN_FOR, Interval),
        ),
    )
    .order_by(_waiting.c.next_attempt_at, _waiting.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_taken = Query(
    update(mails)
    .where(mails.c.id == _next, persons.c.id == mails.c.person_id)
    .values(worker_id=_worker, taken_at=func.clock_timestamp())
    .returning(
        mails.c.id,
        mails.c.person_id,
        persons.c.name,
        persons.c.email,
        mails.c.language,
        mails.c.subject,
        mails.c.text,
        mails.c.dates,
        mails.c.made_at,
        mails.c.attempts,
    ),
    DueMail,
)
_mail_id = bindparam("p_id", type_=Uuid)
_let_go: dict[str, Any] = {"worker_id": null(), "taken_at": null()}
_answered: dict[str, Any] = {
    "attempts": mails.c.attempts + 1,
    "answer": bindparam("p_answer", type_=String),
    "address": bindparam("p_address", type_=String),
}
_concluded = Command(
    update(mails)
    .where(mails.c.id == _mail_id, mails.c.state == "due")
    .values(state=bindparam("p_state", type_=String), concluded_at=func.clock_timestamp(), **_let_go, **_answered)
)
_own = update(mails).where(mails.c.id == _mail_id, mails.c.state == "due", mails.c.worker_id == _worker)
_put_off = Command(
    _own.values(next_attempt_at=func.clock_timestamp() + bindparam("p_pause", type_=Interval), **_let_go, **_answered)
)
_released = Command(_own.values(**_let_go))
_bounced = Command(
    update(persons)
    .where(persons.c.id == bindparam("p_person_id", type_=Uuid))
    .values(mail_refused_at=func.clock_timestamp())
)
_reached = Command(
    update(persons)
    .where(persons.c.id == bindparam("p_person_id", type_=Uuid), persons.c.mail_refused_at.is_not(None))
    .values(mail_refused_at=null())
)


async def take_due(connection: Connection, now: datetime, worker: UUID) -> DueMail | None:
    """The one that has waited longest, noted as the worker's; those that others have taken are passed by."""
    return await _taken.first(connection, p_now=now, p_worker=worker)


async def conclude(connection: Connection, mail: DueMail, *, accepted: bool, answer: str) -> None:
    """With the note on the person whether there is such a mailbox; not where somebody else has concluded it, as an
    erasure does while it is handed over."""
    state = "sent" if accepted else "refused"
    if await _concluded.run(connection, p_id=mail.id, p_state=state, p_answer=answer, p_address=mail.email):
        await (_reached if accepted else _bounced).run(connection, p_person_id=mail.person_id)


async def put_off(connection: Connection, mail: DueMail, worker: UUID, pause: timedelta, answer: str) -> None:
    """Until later, by real time, for whichever worker."""
    await _put_off.run(connection, p_id=mail.id, p_worker=worker, p_pause=pause, p_answer=answer, p_address=mail.email)


async def let_go(connection: Connection, mail: DueMail, worker: UUID) -> None:
    """As if it had not been taken."""
    await _released.run(connection, p_id=mail.id, p_worker=worker)
