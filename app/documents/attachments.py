"""Examines a PDF that is kept as it is."""

from typing import get_args

from app.domain.attachments import AttachmentRefused, Finding
from app.limited import LimitsReached, run_limited

SECONDS = 10


async def examine_pdf(content: bytes) -> None:
    """Raises AttachmentRefused, Overloaded."""
    try:
        found = await run_limited(finding_of, content, seconds=SECONDS)
    except LimitsReached as fault:
        raise AttachmentRefused("too-demanding") from fault
    for finding in get_args(Finding):
        if finding == found.decode():
            raise AttachmentRefused(finding)


def finding_of(content: bytes) -> bytes:
    """Call the limited process, which alone loads the library."""
    from app.documents.opening import finding_of

    return finding_of(content)
