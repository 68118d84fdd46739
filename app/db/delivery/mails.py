"""The mails that the outbox's events make: one for each event and recipient."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, and_, bindparam, or_, select

from app.db.organisations.organisations import organisations
from app.db.paging import Listing
from app.db.people.people import audit_entries, outbox, persons, role_grants
from app.domain.delivery.mails import Mail, text_of
from app.domain.organisations.organisations import Language

TOLD = ("hour-decision.made", "supplementary-hour-request.decided", "hour-proposal.sent-back")
CHANCE_BITS = (1 << 62) - 1


def _mail(
    event_id: UUID,
    event: str,
    facts: dict[str, Any],
    made_at: datetime,
    reason: str | None,
    organisation: str,
    person_id: UUID,
    name: str,
    email: str,
    language: Language,
) -> Mail:
    subject, text = text_of(event, language, name=name, organisation=organisation, facts=facts, reason=reason)
    # A UUIDv7 of the event's instant still, but another for each recipient.
    mail_id = UUID(int=event_id.int ^ (person_id.int & CHANCE_BITS))
    return Mail(mail_id, email, subject, text, made_at)


# A central organisation's main users, or the managers of the unit that it is about.
_role = or_(
    and_(organisations.c.kind == "central", role_grants.c.role == "main_user"),
    and_(organisations.c.kind != "central", role_grants.c.role == "unit_manager"),
)

mails_listing = Listing(
    select(
        outbox.c.id,
        outbox.c.event,
        outbox.c.facts,
        outbox.c.made_at,
        audit_entries.c.reason,
        organisations.c.name,
        persons.c.id.label("person_id"),
        persons.c.name.label("person_name"),
        persons.c.email,
        persons.c.language,
    )
    .join(audit_entries, audit_entries.c.id == outbox.c.id)
    .join(organisations, organisations.c.id == outbox.c.organisation_id)
    .join(role_grants, and_(role_grants.c.organisation_id == organisations.c.id, _role))
    .join(persons, persons.c.id == role_grants.c.person_id)
    .where(
        or_(*(outbox.c.event == event for event in TOLD)),
        role_grants.c.valid_from <= outbox.c.made_at,
        or_(role_grants.c.valid_until.is_(None), role_grants.c.valid_until > outbox.c.made_at),
    ),
    _mail,
    key=[outbox.c.id, persons.c.id],
    filters={"to": persons.c.email == bindparam("p_to", type_=String)},
)
