"""The audit's entries, with the names that the actors have now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, case, func, or_, select, true

from app.db.paging import Listing, below, given
from app.db.people.api_keys import actors, api_keys
from app.db.people.people import audit_entries, persons
from app.db.statements import Connection, Query
from app.domain.people.audit_entries import AuditActor, AuditEntry


def _entry(
    entry_id: UUID,
    actor_id: UUID | None,
    kind: Any,
    name: str | None,
    action: str,
    subject_id: UUID,
    organisation_id: UUID | None,
    reason: str | None,
    facts: dict[str, Any],
    request_id: str,
    made_at: datetime,
) -> AuditEntry:
    actor = AuditActor(actor_id, kind, name)
    return AuditEntry(entry_id, actor, action, subject_id, organisation_id, reason, facts, request_id, made_at)


_entries = (
    select(
        audit_entries.c.id,
        audit_entries.c.actor_id,
        func.coalesce(actors.c.kind, "service").label("actor_kind"),
        func.coalesce(api_keys.c.name, case((persons.c.erased_at.is_(None), persons.c.name))).label("actor_name"),
        audit_entries.c.action,
        audit_entries.c.subject_id,
        audit_entries.c.organisation_id,
        audit_entries.c.reason,
        audit_entries.c.facts,
        audit_entries.c.request_id,
        audit_entries.c.made_at,
    )
    .outerjoin(actors, actors.c.id == audit_entries.c.actor_id)
    .outerjoin(persons, persons.c.id == audit_entries.c.actor_id)
    .outerjoin(api_keys, api_keys.c.id == audit_entries.c.actor_id)
)
# Seen by the trees' main users, and by whoever did it.
_seen = or_(
    below(audit_entries.c.organisation_id, any_(bindparam("p_reach", type_=ARRAY(Uuid)))),
    audit_entries.c.actor_id == bindparam("p_own", type_=Uuid),
)
_found = Query(_entries.where(audit_entries.c.id == bindparam("p_id", type_=Uuid)), _entry)
_found_seen = Query(_entries.where(audit_entries.c.id == bindparam("p_id", type_=Uuid), _seen), _entry)

listing = Listing(
    _entries,
    _entry,
    key=[audit_entries.c.id],
    filters={
        "reach": _seen,
        "own": true(),
        "organisation_id": given(audit_entries.c.organisation_id, "organisation_id"),
        "under": below(audit_entries.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "actor_id": given(audit_entries.c.actor_id, "actor_id"),
        "subject_id": given(audit_entries.c.subject_id, "subject_id"),
        "action": given(audit_entries.c.action, "action"),
        "since": audit_entries.c.made_at >= bindparam("p_since", type_=DateTime(timezone=True)),
        "until": audit_entries.c.made_at < bindparam("p_until", type_=DateTime(timezone=True)),
    },
)


async def find(connection: Connection, entry_id: UUID, *, reach: list[UUID] | None, own: UUID) -> AuditEntry | None:
    """None too where it is neither the actor's own nor within reach."""
    if reach is None:
        return await _found.first(connection, p_id=entry_id)
    return await _found_seen.first(connection, p_id=entry_id, p_reach=reach, p_own=own)
