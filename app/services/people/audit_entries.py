"""Audit entries: get and list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack
from uuid import UUID

from app.db.paging import OrganisationFilters, PageRequest, Slice
from app.db.people.audit_entries import entries
from app.db.sessions import Reader
from app.domain.access import check_person
from app.domain.people.audit_entries import AuditEntry


class EntryFilters(OrganisationFilters, total=False):
    actor_id: Sequence[UUID] | None
    subject_id: Sequence[UUID] | None
    action: Sequence[str] | None
    since: datetime | None
    until: datetime | None


async def get_entry(reader: Reader, entry_id: UUID) -> AuditEntry:
    check_person(reader.actor)
    return await entries.get(reader, entry_id)


async def list_entries(reader: Reader, page: PageRequest, **filters: Unpack[EntryFilters]) -> Slice[AuditEntry]:
    check_person(reader.actor)
    return await entries.page(reader, page, **filters)
