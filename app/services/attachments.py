"""Files that are kept as they are: examined, and written down with their facts."""

from hashlib import sha256

from app.db.sessions import Writer
from app.documents.attachments import examine_pdf
from app.images.attachments import examine_image


async def examine(media_type: str, content: bytes) -> None:
    """Call this before anything is locked, because it takes time. Raises AttachmentRefused, Overloaded."""
    if media_type == "application/pdf":
        await examine_pdf(content)
    else:
        await examine_image(content, media_type)


def columns_of_file(writer: Writer, name: str, media_type: str, content: bytes) -> dict[str, object]:
    """The columns of an attachment that the caller adds now, apart from those that say what it belongs to."""
    return {
        "name": name,
        "media_type": media_type,
        "size": len(content),
        "digest": sha256(content).hexdigest(),
        "content": content,
        "created_by": writer.actor.person_id,
        "created_at": writer.now,
    }
