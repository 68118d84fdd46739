"""Logos and signature images of organisations and of the study centre."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text, Uuid, bindparam, delete, select

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


_of_centre: dict[Purpose, Table] = {"logo": study_centre_logos, "signature_image": study_centre_signature_images}
_found_of_centre: dict[Purpose, Query[bytes]] = {
    purpose: Query(select(table.c.content), bytes) for purpose, table in _of_centre.items()
}
_removal_of_centre = {purpose: Command(delete(table)) for purpose, table in _of_centre.items()}


async def find_of_centre(connection: Connection, purpose: Purpose) -> bytes | None:
    """The image of the study centre."""
    return await _found_of_centre[purpose].first(connection)


async def keep_of_centre(
    connection: Connection, purpose: Purpose, content: bytes, *, person_id: UUID, now: datetime
) -> None:
    """Keep the study centre's image, in place of an earlier one."""
    await put_row(connection, _of_centre[purpose], content=content, changed_by=person_id, changed_at=now)


async def remove_of_centre(connection: Connection, purpose: Purpose) -> None:
    await _removal_of_centre[purpose].run(connection)
