"""Mails: all of them, and those that wait for a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import Sight, filters_of
from app.db.people.people import persons
from app.db.resources import Resource
from app.db.statements import (
    NOW,
    Command,
    Connection,
    Query,
    columns_of,
    study_centre_table,
)
from app.domain.access import Actor
from app.domain.delivery.mails import Mail
from app.domain.organisations.organisations import Language

mails = study_centre_table(
    "mails",
    Column("person_id", Uuid),
    Column("cause_id", Uuid, nullable=False),
    Column("event", Text, nullable=False),
    Column("organisation_id", Uuid),
    Column("language", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("dates", JSONB, nullable=False),
    Column("attachments", JSONB, nullable=False, server_default=text("'[]'")),
    Column("state", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("digest_id", Uuid),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False),
    Column("worker_id", Uuid),
    Column("taken_at", DateTime(timezone=True)),
    Column("first_attempt_at", DateTime(timezone=True)),
    Column("concluded_at", DateTime(timezone=True)),
    Column("answer", Text),
    Column("sealed_token", LargeBinary),
)


def emptying(which: ColumnElement[bool]) -> Command:
    """Remove addresses and texts. Unsent mails are not sent: they count as refused, like mails without an address."""
    is_unsent = or_(mails.c.state == "held", mails.c.state == "due")
    return Command(
        update(mails)
        .where(which)
        .values(
            address="",
            subject="",
            text="",
            dates=text("'[]'::jsonb"),
            attachments=text("'[]'::jsonb"),
            answer=null(),
            sealed_token=null(),
            state=case((is_unsent, "refused"), else_=mails.c.state),
            concluded_at=case((is_unsent, func.coalesce(mails.c.concluded_at, NOW)), else_=mails.c.concluded_at),
        )
    )


@dataclass(frozen=True)
class UnsentMail:
    """A mail with its recipient."""

    id: UUID
    person_id: UUID | None
    """None if the mail goes to an address and not to a person."""
    name: str
    email: str
    """The person's verified address; of a mail with a token, the one that the token was made for."""
    language: Language
    subject: str
    text: str
    dates: list[dict[str, str]]
    attachments: list[dict[str, Any]]


def _sees_own(actor: Actor) -> dict[str, object] | None:
    return None if actor.has("staff", "auditor") else {"p_own": actor.person_id}


mail_resource = Resource(
    select(*columns_of(Mail, mails)),
    Mail,
    mails,
    seen=Sight(mails.c.person_id == bindparam("p_own", type_=Uuid), _sees_own),
    filters=filters_of(mails, "person_id", "organisation_id", "event", "state"),
)
_held = Query(
    select(*columns_of(UnsentMail, mails, name=persons.c.name, email=persons.c.verified_email))
    .join(persons, persons.c.id == mails.c.person_id)
    .where(mails.c.state == "held", mails.c.due_at <= NOW, persons.c.verified_email.is_not(None))
    .order_by(mails.c.person_id, mails.c.id),
    UnsentMail,
)
_release = Command(
    update(mails)
    .where(mails.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .values(state=bindparam("p_state", type_=String), digest_id=bindparam("p_digest_id", type_=Uuid))
)


async def list_held(connection: Connection, now: datetime) -> list[UnsentMail]:
    """The mails that wait for a digest whose time has come, grouped by person."""
    return await _held.all(connection, p_now=now)


async def release(connection: Connection, mail_ids: Sequence[UUID], *, digest_id: UUID | None) -> None:
    """Let the mails leave by themselves, or mark them as part of the digest."""
    state = "gathered" if digest_id else "due"
    await _release.run(connection, p_ids=list(mail_ids), p_state=state, p_digest_id=digest_id)
