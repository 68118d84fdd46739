"""Logos and signature images: put, remove, get. Reading a signature image is recorded."""

from uuid import UUID

from app.db.organisations import images as questions
from app.db.organisations import profiles
from app.db.organisations.organisations import find_place
from app.db.sessions import Reader, Writer
from app.domain.access import Place, check_person, check_reach
from app.domain.errors import NotFound
from app.domain.organisations import images as rules
from app.domain.organisations.images import OrganisationImage, Purpose, organisation_image_of
from app.domain.organisations.organisations import check_may_keep
from app.domain.versions import Versions
from app.images.drawing import redraw

SUBJECTS: dict[Purpose, str] = {"logo": "logo", "signature_image": "signature-image"}
"""The subjects of the audit's actions."""


async def put_image(
    writer: Writer, organisation_id: UUID, purpose: Purpose, *, content: bytes, media_type: str, expected: Versions
) -> OrganisationImage:
    await _permit(writer, organisation_id)
    # Before anything is locked, because it takes time.
    png = await redraw(content, media_type)
    await profiles.lock(writer.connection, organisation_id)
    rules.check_image_version(await questions.find(writer.connection, organisation_id, purpose), expected)
    await questions.keep(
        writer.connection, organisation_id, purpose, png, person_id=writer.actor.person_id, now=writer.now
    )
    image = organisation_image_of(organisation_id, png, writer.now)
    writer.record(f"{SUBJECTS[purpose]}.changed", organisation_id, organisation_id=organisation_id, digest=image.digest)
    return image


async def remove_image(writer: Writer, organisation_id: UUID, purpose: Purpose, *, expected: Versions) -> None:
    await _permit(writer, organisation_id)
    await profiles.lock(writer.connection, organisation_id)
    present = await questions.find(writer.connection, organisation_id, purpose)
    if present is None:
        raise NotFound
    rules.check_image_version(present, expected)
    await questions.remove(writer.connection, organisation_id, purpose)
    writer.record(f"{SUBJECTS[purpose]}.removed", organisation_id, organisation_id=organisation_id)


async def get_logo(reader: Reader, organisation_id: UUID) -> bytes:
    return await _get(reader, organisation_id, "logo")


async def use_signature_image(writer: Writer, organisation_id: UUID) -> bytes:
    """Record each use in the audit (rulebook §6.5)."""
    check_person(writer.actor)
    png = await _get(writer, organisation_id, "signature_image")
    writer.record("signature-image.used", organisation_id, organisation_id=organisation_id)
    return png


async def _get(reader: Reader, organisation_id: UUID, purpose: Purpose) -> bytes:
    place = check_reach(reader.actor, await find_place(reader.connection, organisation_id))
    rules.check_may_see(reader.actor, place, purpose)
    png = await questions.find(reader.connection, organisation_id, purpose)
    if png is None:
        raise NotFound
    return png


async def _permit(writer: Writer, organisation_id: UUID) -> Place:
    check_person(writer.actor)
    place = check_reach(writer.actor, await find_place(writer.connection, organisation_id))
    check_may_keep(writer.actor, place)
    return place
