"""The audit: look."""

from datetime import datetime
from uuid import UUID

from app.db.paging import PageRequest, Slice
from app.db.people.audit_entries import find, listing
from app.db.sessions import Reader
from app.domain.errors import NotFound
from app.domain.people.audit_entries import AuditEntry, audit_reach_of


async def get_entry(reader: Reader, entry_id: UUID) -> AuditEntry:
    reach = audit_reach_of(reader.actor)
    entry = await find(reader.connection, entry_id, reach=reach, own=reader.actor.person_id)
    if entry is None:
        raise NotFound
    return entry


async def list_entries(
    reader: Reader,
    page: PageRequest,
    *,
    organisation_id: UUID | None,
    under: UUID | None,
    actor_id: UUID | None,
    subject_id: UUID | None,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Slice[AuditEntry]:
    reach = audit_reach_of(reader.actor)
    return await listing.page(
        reader,
        page,
        reach=reach,
        own=None if reach is None else reader.actor.person_id,
        organisation_id=organisation_id,
        under=under,
        actor_id=actor_id,
        subject_id=subject_id,
        action=action,
        since=since,
        until=until,
    )
