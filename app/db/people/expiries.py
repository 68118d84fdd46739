"""Main-user applications that the clock alone has ended, marked so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, bindparam, update

from app.db.identifiers import new_id
from app.db.people.main_user_applications import main_user_applications
from app.db.people.people import audit_entries, outbox
from app.db.people.signatories import signatories
from app.db.statements import Connection, Query, insert_rows


@dataclass(frozen=True)
class Expired:
    id: UUID
    organisation_id: UUID
    applicant_id: UUID
    signatory_person_id: UUID | None


_applications = main_user_applications.c
_expired = Query(
    update(main_user_applications)
    .where(
        _applications.state == "awaiting_signatures",
        _applications.expires_at <= bindparam("p_now", type_=DateTime(timezone=True)),
        signatories.c.id == _applications.signatory_id,
    )
    .values(state="expired")
    .returning(
        _applications.id,
        _applications.organisation_id,
        _applications.applicant_id,
        signatories.c.person_id.label("signatory_person_id"),
    ),
    Expired,
)


async def expire(connection: Connection, now: datetime) -> list[Expired]:
    """Those that had not been marked before."""
    return await _expired.all(connection, p_now=now)


async def record_expired(connection: Connection, expired: list[Expired], now: datetime) -> None:
    """Into the audit and the outbox, as what the service did by itself."""
    recorded: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "subject_id": application.id,
            "organisation_id": application.organisation_id,
            "facts": {
                "person_id": str(application.applicant_id),
                "signatory_person_id": application.signatory_person_id and str(application.signatory_person_id),
            },
            "made_at": now,
        }
        for application in expired
    ]
    action = "main-user-application.expired"
    await insert_rows(connection, audit_entries, [row | {"action": action, "request_id": ""} for row in recorded])
    await insert_rows(connection, outbox, [row | {"event": action} for row in recorded])
