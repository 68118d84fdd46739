"""Erasing a person: what is deleted from the tables, in this order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.delivery.mails import emptying, mails
from app.db.delivery.preferences import mail_preferences
from app.db.people.email_verifications import email_verifications
from app.db.people.people import persons
from app.db.statements import Command, Connection, change_row
from app.db.tables import metadata
from app.domain.people.personal_data import pseudonym_of

_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_id = bindparam("p_id", type_=Uuid)


def _table(name: str) -> Table:
    return metadata.tables[name]


_feeds, _role_applications = _table("calendar_feeds"), _table("role_applications")
_invitations, _outbox = _table("role_invitations"), _table("outbox")
_trainings = _table("trainings")
_claims = _table("participation_claims")
_accepted = _invitations.c.accepted_by == any_(_ids)
_verifying = email_verifications.c.person_id == any_(_ids)

_commands = (
    emptying(
        or_(
            mails.c.person_id == any_(_ids),
            mails.c.cause_id.in_(select(_invitations.c.id).where(_accepted)),
            mails.c.cause_id.in_(select(email_verifications.c.id).where(_verifying)),
        )
    ),
    Command(update(_invitations).where(_accepted).values(email=null(), email_key=null())),
    Command(delete(email_verifications).where(_verifying)),
    Command(delete(mail_preferences).where(mail_preferences.c.person_id == any_(_ids))),
    # The main user's task is to name another one.
    Command(
        update(_trainings).where(_trainings.c.responsible_person_id == any_(_ids)).values(responsible_person_id=null())
    ),
    Command(delete(_feeds).where(_feeds.c.person_id == any_(_ids))),
    Command(update(_claims).where(_claims.c.person_id == any_(_ids)).values(reason=null())),
    Command(update(_role_applications).where(_role_applications.c.person_id == any_(_ids)).values(reason=null())),
)


# Mails to others that name the person: those about events that concern the person, and digests with them.
_concerning = select(_outbox.c.id).where(
    or_(*(_outbox.c.facts[fact].as_string() == cast(_id, Text) for fact in ("person_id", "signatory_person_id")))
)
_gathered = mails.alias("gathered")
_naming = or_(
    mails.c.cause_id.in_(_concerning),
    mails.c.id.in_(select(_gathered.c.digest_id).where(_gathered.c.cause_id.in_(_concerning))),
)
_pseudonym = bindparam("p_pseudonym", type_=Text)
_unnamed = Command(
    update(mails)
    .where(persons.c.id == _id, mails.c.person_id.is_distinct_from(_id), _naming)
    .values(
        subject=func.replace(mails.c.subject, persons.c.name, _pseudonym),
        text=func.replace(mails.c.text, persons.c.name, _pseudonym),
        dates=cast(func.replace(cast(mails.c.dates, Text), persons.c.name, _pseudonym), JSONB),
    )
)


async def erase_people(connection: Connection, ids: list[UUID], now: datetime) -> None:
    """Erase sign-ins, name, address, telephone, mails and feeds. What concerns others has been ended before."""
    for command in _commands:
        await command.run(connection, p_ids=ids, p_now=now)
    for person_id in ids:
        await _unnamed.run(connection, p_id=person_id, p_pseudonym=pseudonym_of(person_id))
        await change_row(
            connection,
            persons,
            person_id,
            name=pseudonym_of(person_id),
            email=f"{person_id}@erased.invalid",
            phone=None,
            verified_email=None,
            verified_email_key=None,
            verified_at=None,
            mail_refused_at=now,
            erased_at=now,
        )
    # Last: the database removes the sign-ins only of people who were erased.
    await connection.execute("SELECT forget_people(%s)", [ids])
