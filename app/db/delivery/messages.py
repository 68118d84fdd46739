"""Messages that the staff write to main users, and main users to managers of their tree."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from app.db.calendar.deadlines import deadlines
from app.db.hours.rounds import list_in_states
from app.db.organisations.organisations import name_in, organisations
from app.db.paging import UNSEEN, Sight, filters_of, given
from app.db.people.people import in_force, persons, role_grants
from app.db.resources import Resource
from app.db.statements import (
    NOW,
    Connection,
    Converted,
    Query,
    Selection,
    columns_of,
    study_centre_table,
)
from app.domain.delivery.messages import Message, MessageText, central_organisations_of, roles_of
from app.domain.organisations.organisations import Language

messages = study_centre_table(
    "messages",
    Column("texts", JSONB, nullable=False),
    Column("audience", Text, nullable=False),
    Column("organisation_ids", ARRAY(Uuid), nullable=False),
    Column("organisation_id", Uuid),
    Column("round_year", SmallInteger),
    Column("round_states", ARRAY(Text), nullable=False),
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
    """A main user or manager who gets a message, with one of the organisations that it concerns."""

    person_id: UUID
    name: str
    email: str
    language: Language
    organisation_id: UUID
    organisation: str
    """The organisation's name in the language of the person's text, and that of its central organisation."""
    central_organisation: str


def _texts(stored: dict[Language, dict[str, str]]) -> dict[Language, MessageText]:
    return {language: MessageText(**text) for language, text in stored.items()}


_message = Selection(Message, messages, texts=Converted(messages.c.texts, _texts))
_messages = select(*_message.columns)
_of_main_user = Sight(
    messages.c.organisation_id == any_(bindparam("p_main_user_of", type_=ARRAY(Uuid))),
    lambda actor: None if actor.has("staff", "auditor") else {"p_main_user_of": actor.organisations_of("main_user")},
)
message_resource = Resource(
    _messages,
    _message.build,
    messages,
    seen=_of_main_user,
    filters=filters_of(messages, "state", "organisation_id"),
)
_written = Query(
    select(func.count()).where(
        given(messages.c.organisation_id, "organisation_id"),
        messages.c.made_at >= bindparam("p_begin", type_=DateTime(timezone=True)),
        messages.c.made_at < bindparam("p_end", type_=DateTime(timezone=True)),
    ),
    int,
)
_scheduled = Query(
    _messages.where(messages.c.state == "scheduled").order_by(messages.c.id).with_for_update(key_share=True),
    _message.build,
)

_tops, _tree = bindparam("p_tops", type_=ARRAY(Uuid)), bindparam("p_tree", type_=Uuid)
_is_written = persons.c.language == any_(bindparam("p_languages", type_=ARRAY(Text)))
_read_in = case((_is_written, persons.c.language), else_=literal("fi"))
_centre = organisations.alias("centre")
_addressees = Query(
    select(
        *columns_of(
            Addressee,
            persons,
            person_id=persons.c.id,
            organisation_id=organisations.c.id,
            email=persons.c.verified_email,
            organisation=name_in(_read_in),
            central_organisation=name_in(_read_in, _centre),
        )
    )
    .join(role_grants, role_grants.c.person_id == persons.c.id)
    .join(organisations, organisations.c.id == role_grants.c.organisation_id)
    .join(_centre, _centre.c.id == organisations.c.central_organisation_id)
    .where(
        role_grants.c.role == any_(bindparam("p_roles", type_=ARRAY(Text))),
        in_force(NOW),
        persons.c.verified_email.is_not(None),
        or_(_tops.is_(None), organisations.c.id == any_(_tops)),
        or_(_tree.is_(None), organisations.c.central_organisation_id == _tree),
    )
    .order_by(persons.c.id, organisations.c.sort_key, organisations.c.id)
    .ext(distinct_on(persons.c.id)),
    Addressee,
)
_centrals: Query[UUID] = Query(
    select(organisations.c.id).where(
        organisations.c.kind == "central", organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
    )
)
_deadline = Query(
    select(deadlines.c.organisation_id, deadlines.c.closes_on).where(deadlines.c.id == bindparam("p_id", type_=Uuid)),
    lambda organisation_id, closes_on: (organisation_id, closes_on),
)


async def lock_scheduled(connection: Connection) -> list[Message]:
    """All scheduled messages, also those that are not due. Nobody else changes them until the transaction ends."""
    return await _scheduled.all(connection, **UNSEEN)


async def list_addressees(
    connection: Connection, message: Message, owner: UUID | None, now: datetime
) -> list[Addressee]:
    """The recipients of the message, each once. `owner` is the organisation of its deadline."""
    tops = central_organisations_of(message, owner)
    if message.round_year:
        tops = await list_in_states(connection, message.round_year, message.round_states, message.organisation_id)
    return await _addressees.all(
        connection,
        p_now=now,
        p_roles=roles_of(message),
        p_tops=tops,
        p_tree=message.organisation_id,
        p_languages=list(message.texts),
    )


async def count_written(connection: Connection, organisation_id: UUID, begin: datetime, end: datetime) -> int:
    """How many messages the central organisation's main users have written between the times."""
    return await _written.first(connection, p_organisation_id=organisation_id, p_begin=begin, p_end=end) or 0


async def list_centrals(connection: Connection, ids: list[UUID]) -> set[UUID]:
    """Those of the organisations that exist and are central."""
    return set(await _centrals.all(connection, p_ids=ids))


async def find_deadline(connection: Connection, deadline_id: UUID) -> tuple[UUID | None, date | None] | None:
    """The organisation of the deadline, or None for everyone, and its last day. None if there is no such deadline."""
    return await _deadline.first(connection, p_id=deadline_id)


async def find_deadline_of(connection: Connection, message: Message) -> tuple[UUID | None, date | None]:
    """The organisation and the last day of the message's deadline. Both are None if the deadline does not exist."""
    found = await find_deadline(connection, message.deadline_id) if message.deadline_id else None
    return found or (None, None)
