"""Draws an image again as a PNG of our own: only the pixels of the original are kept."""

from typing import get_args

from app.domain.organisations.images import Finding, ImageRefused
from app.limited import LimitsReached, run_limited

SECONDS = 10
MEGABYTES = 640
"""The largest allowed image, a WebP with transparency, takes about 500 with its copies."""


async def redraw(content: bytes, media_type: str) -> bytes:
    """Return a PNG without metadata, scaled down if the image is large. Raises ImageRefused, Overloaded."""
    # It imports the library of images, which is needed in the limited process alone.
    from app.images.decoding import decode

    try:
        answer = await run_limited(decode, content, media_type.encode(), seconds=SECONDS, megabytes=MEGABYTES)
    except LimitsReached as fault:
        raise ImageRefused("too-demanding") from fault
    if answer.startswith(b"\x89PNG"):
        return answer
    raise ImageRefused(next(finding for finding in get_args(Finding) if finding == answer.decode()))
