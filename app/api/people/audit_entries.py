"""`/v1/audit-entries`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.conventions import Read
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import EventName, Instant, Several
from app.db.paging import Slice
from app.domain.people.audit_entries import AuditEntry
from app.services.people import audit_entries

router = APIRouter(
    prefix="/audit-entries",
    route_class=Operation,
    tags=[Tag("Audit", "Who did what to what, when and why, in entries that never change.")],
)

FROM = Query(alias="from", description="Only entries made at this time or later.")
UNTIL = Query(description="Only entries made before this time.")


@router.get("", response_model=Page[AuditEntry])
@operation(people_only=True, personal_data=True)
async def list_audit_entries(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    actor_id: Several[UUID] = None,
    subject_id: Several[UUID] = None,
    action: Several[EventName] = None,
    since: Annotated[Instant | None, FROM] = None,
    until: Annotated[Instant | None, UNTIL] = None,
) -> Slice[AuditEntry]:
    """List audit entries.

    Shows who did what to what, when and why, newest first.

    **Who:** staff, auditors; main users within their tree; everyone for their own actions.
    """
    return await audit_entries.list_entries(
        reader,
        page,
        organisation_id=organisation_id,
        under=under,
        actor_id=actor_id,
        subject_id=subject_id,
        action=action,
        since=since,
        until=until,
    )


@router.get("/{entry_id}")
@operation(people_only=True, personal_data=True)
async def get_audit_entry(reader: Read, entry_id: UUID) -> AuditEntry:
    """Get an audit entry.

    **Who:** staff, auditors; main users within their tree; everyone for their own actions.
    """
    return await audit_entries.get_entry(reader, entry_id)
