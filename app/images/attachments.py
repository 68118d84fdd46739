"""Examines a picture that is kept as it is."""

from typing import get_args

from app.domain.attachments import AttachmentRefused, Finding
from app.limited import LimitsReached, run_limited

SECONDS = 10
MEGABYTES = 1024
"""The largest allowed image, a WebP with transparency, takes about 650 and addresses more."""


async def examine_image(content: bytes, media_type: str) -> None:
    """Raises AttachmentRefused, Overloaded."""
    # It imports the library of images, which is needed in the limited process alone.
    from app.images.examining import finding_of

    try:
        found = await run_limited(finding_of, content, media_type.encode(), seconds=SECONDS, megabytes=MEGABYTES)
    except LimitsReached as fault:
        raise AttachmentRefused("too-demanding") from fault
    for finding in get_args(Finding):
        if finding == found.decode():
            raise AttachmentRefused(finding)
