"""The mails that are due, one at a time, locked for whoever hands it over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Interval, String, Uuid, bindparam, func, null, select, update

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


_now = bindparam("p_now", type_=DateTime(timezone=True))
_is_due = (mails.c.state == "due", mails.c.next_attempt_at <= func.clock_timestamp(), mails.c.due_at <= _now)
_locked = Query(
    select(
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
    )
    .join(persons, persons.c.id == mails.c.person_id)
    .where(*_is_due)
    .order_by(mails.c.next_attempt_at, mails.c.id)
    .limit(1)
    .with_for_update(of=mails, skip_locked=True),
    DueMail,
)
_mail_id = bindparam("p_id", type_=Uuid)
_answered: dict[str, Any] = {
    "attempts": mails.c.attempts + 1,
    "answer": bindparam("p_answer", type_=String),
    "address": bindparam("p_address", type_=String),
}
_concluded = Command(
    update(mails)
    .where(mails.c.id == _mail_id, mails.c.state == "due")
    .values(state=bindparam("p_state", type_=String), concluded_at=func.clock_timestamp(), **_answered)
)
_put_off = Command(
    update(mails)
    .where(mails.c.id == _mail_id, mails.c.state == "due")
    .values(next_attempt_at=func.clock_timestamp() + bindparam("p_pause", type_=Interval), **_answered)
)
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


async def lock_due(connection: Connection, now: datetime) -> DueMail | None:
    """The one that has waited longest; those that others are handing over are passed by."""
    return await _locked.first(connection, p_now=now)


async def conclude(connection: Connection, mail: DueMail, *, accepted: bool, answer: str) -> None:
    """With the note on the person whether there is such a mailbox."""
    state = "sent" if accepted else "refused"
    await _concluded.run(connection, p_id=mail.id, p_state=state, p_answer=answer, p_address=mail.email)
    await (_reached if accepted else _bounced).run(connection, p_person_id=mail.person_id)


async def put_off(connection: Connection, mail: DueMail, pause: timedelta, answer: str) -> None:
    """Until later, by real time."""
    await _put_off.run(connection, p_id=mail.id, p_pause=pause, p_answer=answer, p_address=mail.email)
