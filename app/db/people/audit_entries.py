"""The audit's entries, with the names that the actors have now."""

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, func, or_, select

from app.db.paging import Sight, below, filters_of
from app.db.people.api_keys import actors
from app.db.people.people import audit_entries
from app.db.resources import Resource
from app.db.statements import Selection, name_of
from app.domain.access import Actor
from app.domain.people.audit_entries import AuditActor, AuditEntry, audit_reach_of


def _parameters_of(actor: Actor) -> dict[str, object] | None:
    reach = audit_reach_of(actor)
    return None if reach is None else {"p_reach": reach, "p_own": actor.person_id}


# Seen by the trees' main users, and by who did it.
_seen = Sight(
    or_(
        below(audit_entries.c.organisation_id, any_(bindparam("p_reach", type_=ARRAY(Uuid)))),
        audit_entries.c.actor_id == bindparam("p_own", type_=Uuid),
    ),
    _parameters_of,
)
_entry = Selection(
    AuditEntry,
    audit_entries,
    request_id=func.nullif(audit_entries.c.request_id, ""),
    actor=Selection(
        AuditActor,
        id=audit_entries.c.actor_id,
        kind=func.coalesce(actors.c.kind, "service"),
        name=name_of(audit_entries.c.actor_id),
    ),
)
entries = Resource(
    select(*_entry.columns).outerjoin(actors, actors.c.id == audit_entries.c.actor_id),
    _entry.build,
    audit_entries,
    seen=_seen,
    filters=filters_of(audit_entries, "organisation_id", "under", "actor_id", "subject_id", "action")
    | {
        "since": audit_entries.c.made_at >= bindparam("p_since", type_=DateTime(timezone=True)),
        "until": audit_entries.c.made_at < bindparam("p_until", type_=DateTime(timezone=True)),
    },
)
