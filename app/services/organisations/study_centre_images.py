"""The study centre's logo and signature image: put, remove, get. Reading the signature image is recorded."""

from app.db.organisations import images as questions
from app.db.organisations.study_centre import get_study_centre
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Reader, Writer
from app.domain.access import check_person, check_staff
from app.domain.errors import NotFound
from app.domain.organisations.images import Image, Purpose, check_image_version, image_of
from app.domain.versions import Versions
from app.images.drawing import redraw

SUBJECTS: dict[Purpose, str] = {"logo": "study-centre-logo", "signature_image": "study-centre-signature-image"}
"""The subjects of the audit's actions."""


async def put_image(writer: Writer, purpose: Purpose, *, content: bytes, media_type: str, expected: Versions) -> Image:
    _permit(writer)
    # Before anything is locked, because it takes time.
    png = await redraw(content, media_type)
    centre = await lock_study_centre(writer.connection)
    check_image_version(await questions.find_of_centre(writer.connection, purpose), expected)
    await questions.keep_of_centre(writer.connection, purpose, png, person_id=writer.actor.person_id, now=writer.now)
    image = image_of(png, writer.now)
    writer.record(f"{SUBJECTS[purpose]}.changed", centre.id, digest=image.digest)
    return image


async def remove_image(writer: Writer, purpose: Purpose, *, expected: Versions) -> None:
    _permit(writer)
    centre = await lock_study_centre(writer.connection)
    check_image_version(await _get(writer, purpose), expected)
    await questions.remove_of_centre(writer.connection, purpose)
    writer.record(f"{SUBJECTS[purpose]}.removed", centre.id)


async def get_logo(reader: Reader) -> bytes:
    return await _get(reader, "logo")


async def use_signature_image(writer: Writer) -> bytes:
    """Record each use in the audit (rulebook §6.5)."""
    _permit(writer)
    png = await _get(writer, "signature_image")
    centre = await get_study_centre(writer)
    writer.record(f"{SUBJECTS['signature_image']}.used", centre.id)
    return png


async def _get(reader: Reader, purpose: Purpose) -> bytes:
    png = await questions.find_of_centre(reader.connection, purpose)
    if png is None:
        raise NotFound
    return png


def _permit(writer: Writer) -> None:
    check_person(writer.actor)
    check_staff(writer.actor)
