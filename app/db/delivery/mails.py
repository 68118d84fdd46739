"""Mails: made from the outbox's events, held for digests, due, and handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Integer,
    Select,
    String,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.delivery.preferences import mail_preferences
from app.db.organisations.organisations import name_in, organisations
from app.db.paging import Listing, given
from app.db.people.people import audit_entries, in_force, outbox, persons, role_grants, study_centres
from app.db.statements import Command, Connection, Query, insert_rows, metadata, study_centre_key
from app.domain.delivery.mailed_events import MAILED_EVENTS, Recipients
from app.domain.delivery.mails import Mail, MailPreference
from app.domain.organisations.organisations import Language

mails = Table(
    "mails",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("cause_id", Uuid, nullable=False),
    Column("event", Text, nullable=False),
    Column("organisation_id", Uuid),
    Column("language", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("dates", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("digest_id", Uuid),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False),
    Column("worker_id", Uuid),
    Column("taken_at", DateTime(timezone=True)),
    Column("concluded_at", DateTime(timezone=True)),
    Column("answer", Text),
)


@dataclass(frozen=True)
class Maker:
    """The study centre whose mails are being made, by nobody else until the transaction ends."""

    name: str
    clock_at: datetime | None
    """Where the sandbox's clock stands; None is real time."""


@dataclass(frozen=True)
class Recipient:
    """Somebody who is to be told of an event."""

    event_id: UUID
    event: str
    subject_id: UUID
    organisation_id: UUID | None
    facts: dict[str, Any]
    made_at: datetime
    reason: str | None
    organisation: str | None
    person_id: UUID
    name: str
    email: str
    language: Language
    preference: MailPreference | None


@dataclass(frozen=True)
class Held:
    """A mail that waits for the digest, whose time has come."""

    id: UUID
    person_id: UUID
    name: str
    email: str
    language: Language
    subject: str
    text: str
    dates: list[dict[str, str]]


_maker = Query(select(study_centres.c.name, study_centres.c.clock_at).with_for_update(key_share=True), Maker)
_untold = Query(
    select(outbox.c.id)
    .where(outbox.c.mails_made_at.is_(None))
    .order_by(outbox.c.id)
    .limit(bindparam("p_limit", type_=Integer)),
    lambda event_id: event_id,
)
_mark = Command(
    update(outbox)
    .where(outbox.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .values(mails_made_at=func.clock_timestamp())
)


def _told_to(*recipients: Recipients) -> Any:
    return or_(*(outbox.c.event == event for event, mailed in MAILED_EVENTS.items() if mailed.to in recipients))


_in_force = in_force(outbox.c.made_at)
_events = select(outbox.c.id.label("event_id"), role_grants.c.person_id.label("person_id"))
_to_main_users: Select[Any] = (
    _events.join(organisations, organisations.c.id == outbox.c.organisation_id)
    .join(role_grants, role_grants.c.organisation_id == organisations.c.central_organisation_id)
    .where(_told_to("main_users"), role_grants.c.role == "main_user", _in_force)
)
_to_managers: Select[Any] = (
    _events.join(organisations, organisations.c.id == outbox.c.organisation_id)
    .join(role_grants, role_grants.c.organisation_id == organisations.c.id)
    .where(
        _told_to("managers"),
        or_(
            and_(organisations.c.kind == "central", role_grants.c.role == "main_user"),
            and_(organisations.c.kind != "central", role_grants.c.role == "unit_manager"),
        ),
        _in_force,
    )
)
_to_staff: Select[Any] = _events.join(role_grants, role_grants.c.role == "staff").where(_told_to("staff"), _in_force)


def _to_one(recipient: Recipients, fact: str) -> Select[Any]:
    """Whom a fact names, or who that person has become."""
    named = and_(_told_to(recipient), persons.c.id == outbox.c.facts[fact].as_string().cast(Uuid))
    return select(outbox.c.id, func.coalesce(persons.c.merged_into, persons.c.id)).join(persons, named)


_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_told = union(
    *(
        each.where(outbox.c.id == any_(_ids))
        for each in (
            _to_main_users,
            _to_managers,
            _to_staff,
            _to_one("person", "person_id"),
            _to_one("signatory", "signatory_person_id"),
        )
    )
).subquery()
_recipients = Query(
    select(
        outbox.c.id.label("event_id"),
        outbox.c.event,
        outbox.c.subject_id,
        outbox.c.organisation_id,
        outbox.c.facts,
        outbox.c.made_at,
        audit_entries.c.reason,
        name_in(persons.c.language).label("organisation"),
        persons.c.id.label("person_id"),
        persons.c.name,
        persons.c.email,
        persons.c.language,
        mail_preferences.c.mail.label("preference"),
    )
    .select_from(_told)
    .join(outbox, outbox.c.id == _told.c.event_id)
    .join(persons, and_(persons.c.id == _told.c.person_id, persons.c.erased_at.is_(None)))
    .outerjoin(audit_entries, audit_entries.c.id == outbox.c.id)
    .outerjoin(organisations, organisations.c.id == outbox.c.organisation_id)
    .outerjoin(mail_preferences, mail_preferences.c.person_id == persons.c.id)
    .order_by(outbox.c.id, persons.c.id),
    Recipient,
)
_held = Query(
    select(
        mails.c.id,
        mails.c.person_id,
        persons.c.name,
        persons.c.email,
        mails.c.language,
        mails.c.subject,
        mails.c.text,
        mails.c.dates,
    )
    .join(persons, persons.c.id == mails.c.person_id)
    .where(mails.c.state == "held", mails.c.due_at <= bindparam("p_now", type_=DateTime(timezone=True)))
    .order_by(mails.c.person_id, mails.c.id),
    Held,
)
_release = Command(
    update(mails)
    .where(mails.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .values(state=bindparam("p_state", type_=String), digest_id=bindparam("p_digest_id", type_=Uuid))
)

_mails = select(
    mails.c.id,
    mails.c.person_id,
    mails.c.address,
    mails.c.event,
    mails.c.organisation_id,
    mails.c.language,
    mails.c.subject,
    mails.c.text,
    mails.c.state,
    mails.c.made_at,
    mails.c.due_at,
    mails.c.digest_id,
    mails.c.attempts,
    mails.c.concluded_at,
    mails.c.answer,
)
_found = Query(_mails.where(mails.c.id == bindparam("p_id", type_=Uuid)), Mail)

mails_listing = Listing(
    _mails,
    Mail,
    key=[mails.c.id],
    filters={
        "own": mails.c.person_id == bindparam("p_own", type_=Uuid),
        "person_id": given(mails.c.person_id, "person_id"),
        "organisation_id": given(mails.c.organisation_id, "organisation_id"),
        "event": given(mails.c.event, "event"),
        "state": given(mails.c.state, "state"),
    },
)
mailbox_listing = Listing(
    _mails.where(mails.c.state != "held", mails.c.state != "gathered"),
    Mail,
    key=[mails.c.id],
    filters={
        "to": mails.c.address == bindparam("p_to", type_=String),
        "by": mails.c.due_at <= bindparam("p_by", type_=DateTime(timezone=True)),
    },
)


async def lock_making(connection: Connection) -> Maker:
    """The study centre, for whoever makes its mails: one at a time, so that a digest is made once."""
    maker = await _maker.first(connection)
    if maker is None:
        raise RuntimeError("mails are made on a connection of a study centre")
    return maker


async def list_untold(connection: Connection, limit: int) -> list[UUID]:
    """Events that no mails were made of yet. They are marked, not counted past: one that commits late is not missed."""
    return await _untold.all(connection, p_limit=limit)


async def mark_told(connection: Connection, event_ids: Sequence[UUID]) -> None:
    await _mark.run(connection, p_ids=list(event_ids))


async def list_recipients(connection: Connection, event_ids: Sequence[UUID]) -> list[Recipient]:
    """Those who are told of the events, by the roles that they held when it happened."""
    return await _recipients.all(connection, p_ids=list(event_ids))


async def list_held(connection: Connection, now: datetime) -> list[Held]:
    """By person."""
    return await _held.all(connection, p_now=now)


async def release(connection: Connection, mail_ids: Sequence[UUID], *, digest_id: UUID | None) -> None:
    """Out of the waiting: into a digest, or by themselves."""
    state = "gathered" if digest_id else "due"
    await _release.run(connection, p_ids=list(mail_ids), p_state=state, p_digest_id=digest_id)


async def add_mails(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    await insert_rows(connection, mails, rows)


async def find_mail(connection: Connection, mail_id: UUID) -> Mail | None:
    return await _found.first(connection, p_id=mail_id)
