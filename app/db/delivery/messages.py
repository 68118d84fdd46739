"""Messages that the staff write to main users."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Integer,
    Select,
    SmallInteger,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from app.db.calendar.deadlines import deadlines
from app.db.organisations.organisations import name_in, organisations
from app.db.paging import Listing, given
from app.db.people.people import in_force, persons, role_grants
from app.db.statements import Connection, Query, metadata, study_centre_key
from app.domain.delivery.messages import Message, MessageText
from app.domain.organisations.organisations import Language

messages = Table(
    "messages",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("texts", JSONB, nullable=False),
    Column("audience", Text, nullable=False),
    Column("organisation_ids", ARRAY(Uuid), nullable=False),
    Column("deadline_id", Uuid),
    Column("send_at", DateTime(timezone=True)),
    Column("days_before", SmallInteger),
    Column("state", Text, nullable=False),
    Column("made_by", Uuid, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("scheduled_by", Uuid),
    Column("scheduled_at", DateTime(timezone=True)),
    Column("sent_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("recipients", Integer),
)


@dataclass(frozen=True)
class Addressee:
    """A main user whom a message goes to, with one of the organisations that it is for."""

    person_id: UUID
    name: str
    email: str
    language: Language
    organisation_id: UUID
    organisation: str
    """By its name in the language that the message is read in."""


def _message(texts: dict[Language, dict[str, str]], *values: Any) -> Message:
    message_id, *rest = values
    return Message(message_id, {language: MessageText(**text) for language, text in texts.items()}, *rest)


_messages = select(
    messages.c.texts,
    messages.c.id,
    messages.c.audience,
    messages.c.organisation_ids,
    messages.c.deadline_id,
    messages.c.send_at,
    messages.c.days_before,
    messages.c.state,
    messages.c.made_by,
    messages.c.made_at,
    messages.c.scheduled_by,
    messages.c.scheduled_at,
    messages.c.sent_at,
    messages.c.cancelled_at,
    messages.c.recipients,
)
_by_id: Select[Any] = _messages.where(messages.c.id == bindparam("p_id", type_=Uuid))
_found = Query(_by_id, _message)
_locked = Query(_by_id.with_for_update(key_share=True), _message)
_scheduled = Query(
    _messages.where(messages.c.state == "scheduled").order_by(messages.c.id).with_for_update(key_share=True), _message
)

listing = Listing(_messages, _message, key=[messages.c.id], filters={"state": given(messages.c.state, "state")})

_now = bindparam("p_now", type_=DateTime(timezone=True))
_tops = bindparam("p_tops", type_=ARRAY(Uuid))
_is_written = persons.c.language == any_(bindparam("p_languages", type_=ARRAY(Text)))
_read_in = case((_is_written, persons.c.language), else_=literal("fi"))
_addressees = Query(
    select(
        persons.c.id.label("person_id"),
        persons.c.name,
        persons.c.email,
        persons.c.language,
        organisations.c.id.label("organisation_id"),
        name_in(_read_in).label("organisation"),
    )
    .join(role_grants, role_grants.c.person_id == persons.c.id)
    .join(organisations, organisations.c.id == role_grants.c.organisation_id)
    .where(
        role_grants.c.role == "main_user",
        in_force(_now),
        or_(_tops.is_(None), organisations.c.id == any_(_tops)),
    )
    .order_by(persons.c.id, organisations.c.sort_key, organisations.c.id)
    .ext(distinct_on(persons.c.id)),
    Addressee,
)
_centrals = Query(
    select(organisations.c.id).where(
        organisations.c.kind == "central", organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
    ),
    lambda organisation_id: organisation_id,
)
_day = Query(
    select(deadlines.c.organisation_id, deadlines.c.closes_on).where(deadlines.c.id == bindparam("p_id", type_=Uuid)),
    lambda organisation_id, closes_on: (organisation_id, closes_on),
)


async def find(connection: Connection, message_id: UUID) -> Message | None:
    return await _found.first(connection, p_id=message_id)


async def lock(connection: Connection, message_id: UUID) -> Message | None:
    """As `find`, and nobody else changes it until the transaction ends."""
    return await _locked.first(connection, p_id=message_id)


async def lock_scheduled(connection: Connection) -> list[Message]:
    """Also those whose time has not come."""
    return await _scheduled.all(connection)


async def list_addressees(
    connection: Connection, now: datetime, tops: list[UUID] | None, languages: Collection[Language]
) -> list[Addressee]:
    """The main users of these central organisations, or of all; each once. `languages` are those it is written in."""
    return await _addressees.all(connection, p_now=now, p_tops=tops, p_languages=list(languages))


async def list_centrals(connection: Connection, ids: list[UUID]) -> set[UUID]:
    """Those of the organisations that are there and central."""
    return set(await _centrals.all(connection, p_ids=ids))


async def find_last_day(connection: Connection, deadline_id: UUID) -> tuple[UUID | None, date | None] | None:
    """Whose deadline it is, None for everyone's, and its last day; None where there is no such deadline."""
    return await _day.first(connection, p_id=deadline_id)
