"""The study centre's logo: put, remove, get."""

from app.db.organisations.images import find_logo, keep_logo
from app.db.organisations.images import remove_logo as remove
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Reader, Writer
from app.domain.access import check_person, check_staff
from app.domain.errors import NotFound
from app.domain.organisations.images import Image, check_image_version, image_of
from app.domain.versions import Versions
from app.images.drawing import redraw


async def put_logo(writer: Writer, *, content: bytes, media_type: str, expected: Versions) -> Image:
    check_person(writer.actor)
    check_staff(writer.actor)
    # Before anything is locked, because it takes time.
    png = await redraw(content, media_type)
    centre = await lock_study_centre(writer.connection)
    check_image_version(await find_logo(writer.connection), expected)
    await keep_logo(writer.connection, png, person_id=writer.actor.person_id, now=writer.now)
    image = image_of(png, writer.now)
    writer.record("study-centre-logo.changed", centre.id, digest=image.digest)
    return image


async def remove_logo(writer: Writer, *, expected: Versions) -> None:
    check_person(writer.actor)
    check_staff(writer.actor)
    centre = await lock_study_centre(writer.connection)
    present = await find_logo(writer.connection)
    if present is None:
        raise NotFound
    check_image_version(present, expected)
    await remove(writer.connection)
    writer.record("study-centre-logo.removed", centre.id)


async def get_logo(reader: Reader) -> bytes:
    png = await find_logo(reader.connection)
    if png is None:
        raise NotFound
    return png
