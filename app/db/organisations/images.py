"""Logos and signature images of organisations, and the logo of the study centre."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Text, Uuid, bindparam, delete, select

from app.db.statements import Command, Connection, Query, put_row, study_centre_table
from app.domain.organisations.images import Purpose

organisation_images = study_centre_table(
    "organisation_images",
    Column("organisation_id", Uuid, primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

study_centre_logos = study_centre_table(
    "study_centre_logos",
    Column("content", LargeBinary, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    single=True,
)

study_centre_signature_images = study_centre_table(
    "study_centre_signature_images",
    Column("content", LargeBinary, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    single=True,
)

_organisation_id = bindparam("p_organisation_id", type_=Uuid)
_purpose = bindparam("p_purpose", type_=Text)
_own = (organisation_images.c.organisation_id == _organisation_id, organisation_images.c.purpose == _purpose)

_found: Query[bytes] = Query(select(organisation_images.c.content).where(*_own), bytes)
_removal = Command(delete(organisation_images).where(*_own))


async def find(connection: Connection, organisation_id: UUID, purpose: Purpose) -> bytes | None:
    return await _found.first(connection, p_organisation_id=organisation_id, p_purpose=purpose)


async def keep(
    connection: Connection, organisation_id: UUID, purpose: Purpose, content: bytes, *, person_id: UUID, now: datetime
) -> None:
    """Keep the image, in place of an earlier one."""
    await put_row(
        connection,
        organisation_images,
        organisation_id=organisation_id,
        purpose=purpose,
        content=content,
        changed_by=person_id,
        changed_at=now,
    )


async def remove(connection: Connection, organisation_id: UUID, purpose: Purpose) -> None:
    await _removal.run(connection, p_organisation_id=organisation_id, p_purpose=purpose)


_logo_found: Query[bytes] = Query(select(study_centre_logos.c.content), bytes)
_logo_removal = Command(delete(study_centre_logos))


async def find_logo(connection: Connection) -> bytes | None:
    """The logo of the study centre."""
    return await _logo_found.first(connection)


async def keep_logo(connection: Connection, content: bytes, *, person_id: UUID, now: datetime) -> None:
    """Keep the study centre's logo, in place of an earlier one."""
    await put_row(connection, study_centre_logos, content=content, changed_by=person_id, changed_at=now)


async def remove_logo(connection: Connection) -> None:
    await _logo_removal.run(connection)
