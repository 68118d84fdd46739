"""The mails that are due, taken one at a time by the worker that delivers them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Interval,
    ScalarSelect,
    String,
    Uuid,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)

from app.db.delivery.mails import UnsentMail, mails
from app.db.people.people import persons
from app.db.statements import NOW, Command, Connection, Query, columns_of
from app.domain.delivery.mailed_events import ADDRESS_CHANGED


@dataclass(frozen=True)
class DueMail(UnsentMail):
    made_at: datetime
    attempts: int
    tried_for: timedelta
    """Real time since the first attempt."""
    sealed_token: bytes | None


_worker = bindparam("p_worker", type_=Uuid)
_waiting = mails.alias("waiting")
_due = select(_waiting.c.id).where(
    _waiting.c.state == "due", _waiting.c.next_attempt_at <= func.clock_timestamp(), _waiting.c.due_at <= NOW
)
_next = (
    _due.where(
        or_(
            _waiting.c.worker_id.is_(None),
            _waiting.c.worker_id == _worker,
            _waiting.c.taken_at < func.clock_timestamp() - bindparam("p_lease", type_=Interval),
        ),
    )
    .order_by(_waiting.c.next_attempt_at, _waiting.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)


def _of_recipient(column: ColumnElement[str]) -> ScalarSelect[str]:
    return select(column).where(persons.c.id == mails.c.person_id).correlate(mails).scalar_subquery()


_any_due: Query[UUID] = Query(_due.limit(1))
_taken = Query(
    update(mails)
    .where(mails.c.id == _next)
    .values(worker_id=_worker, taken_at=func.clock_timestamp())
    .returning(
        *columns_of(
            DueMail,
            mails,
            # A name may be text that a stranger has chosen, who has the address of another person.
            name=case((mails.c.event == ADDRESS_CHANGED, ""), else_=func.coalesce(_of_recipient(persons.c.name), "")),
            email=case(
                (or_(mails.c.sealed_token.is_not(None), mails.c.event == ADDRESS_CHANGED), mails.c.address),
                else_=func.coalesce(_of_recipient(persons.c.verified_email), mails.c.address),
            ),
            tried_for=func.clock_timestamp() - func.coalesce(mails.c.first_attempt_at, func.clock_timestamp()),
        )
    ),
    DueMail,
)
_mail_id = bindparam("p_id", type_=Uuid)
_not_taken: dict[str, Any] = {"worker_id": null(), "taken_at": null()}
_attempted: dict[str, Any] = {
    "attempts": mails.c.attempts + 1,
    "first_attempt_at": func.coalesce(mails.c.first_attempt_at, func.clock_timestamp()),
    "answer": bindparam("p_answer", type_=String),
    "address": bindparam("p_address", type_=String),
}
_concluded = Command(
    update(mails)
    .where(mails.c.id == _mail_id, mails.c.state == "due")
    .values(
        state=bindparam("p_state", type_=String),
        concluded_at=func.clock_timestamp(),
        sealed_token=case((bindparam("p_keeps_token", type_=Boolean), mails.c.sealed_token)),
        **_not_taken,
        **_attempted,
    )
)
_own = update(mails).where(mails.c.id == _mail_id, mails.c.state == "due", mails.c.worker_id == _worker)
_postponed = Command(
    _own.values(
        next_attempt_at=func.clock_timestamp() + bindparam("p_pause", type_=Interval), **_not_taken, **_attempted
    )
)
_renewed = Command(_own.values(taken_at=func.clock_timestamp()))
_let_go = Command(_own.values(**_not_taken))
_person_id = bindparam("p_person_id", type_=Uuid)
_no_mailbox = Command(update(persons).where(persons.c.id == _person_id).values(mail_refused_at=func.clock_timestamp()))
_mailbox = Command(
    update(persons)
    .where(persons.c.id == _person_id, persons.c.mail_refused_at.is_not(None))
    .values(mail_refused_at=null())
)


async def is_mail_due(connection: Connection, now: datetime) -> bool:
    """Whether a mail is due, also one that another worker has taken."""
    return await _any_due.first(connection, p_now=now) is not None


async def take_due_mail(connection: Connection, now: datetime, worker: UUID, lease: timedelta) -> DueMail | None:
    """Take the mail that has waited longest, apart from those that other workers have taken or renewed within the
    lease."""
    return await _taken.first(connection, p_now=now, p_worker=worker, p_lease=lease)


async def renew(connection: Connection, mail: DueMail, worker: UUID) -> None:
    """Let the worker keep the mail for another lease."""
    await _renewed.run(connection, p_id=mail.id, p_worker=worker)


async def conclude(
    connection: Connection, mail: DueMail, *, accepted: bool, answer: str, keeps_token: bool = False
) -> bool:
    """Note that a server accepted the mail or refused it for good. Return False if the mail was concluded before, as
    an erasure during the delivery does it. The mail's token is removed, except where a mailbox shows it afterwards."""
    state = "sent" if accepted else "refused"
    return bool(
        await _concluded.run(
            connection,
            p_id=mail.id,
            p_state=state,
            p_answer=answer,
            p_address=mail.email,
            p_keeps_token=keeps_token,
        )
    )


async def note_mailbox(connection: Connection, person_id: UUID, *, exists: bool) -> None:
    """Note on the person whether their mailbox exists."""
    await (_mailbox if exists else _no_mailbox).run(connection, p_person_id=person_id)


async def postpone(connection: Connection, mail: DueMail, worker: UUID, pause: timedelta, answer: str) -> None:
    """Note an attempt, and let any worker take the mail after the pause in real time."""
    await _postponed.run(
        connection, p_id=mail.id, p_worker=worker, p_pause=pause, p_answer=answer, p_address=mail.email
    )


async def let_go(connection: Connection, mail: DueMail, worker: UUID) -> None:
    """Let any worker take the mail, as if this worker had not."""
    await _let_go.run(connection, p_id=mail.id, p_worker=worker)
