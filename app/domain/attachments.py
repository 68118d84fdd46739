"""Attachments (liitteet): files that are kept as they are, and why one is refused."""

from dataclasses import dataclass
from typing import Literal

from app.domain.errors import DomainError, TooMany
from app.domain.values import Shown

MediaType = Literal["application/pdf", "image/png", "image/jpeg", "image/webp"]
Finding = Literal[
    "other-type", "other-contents", "encrypted", "too-many-pixels", "animated", "damaged", "too-demanding"
]
"""Why an attachment is refused: the first reason found."""
LARGEST_ATTACHMENT = 10 * 1024 * 1024
"""In bytes."""
ENDINGS: dict[MediaType, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
}


class AttachmentRefused(DomainError):
    """Facts: `finding`."""

    code = "attachment-refused"

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding=finding)


@dataclass(frozen=True)
class AttachedFile(Shown):
    """Facts about an attachment, without the file itself."""

    name: str
    """Name of the file."""
    media_type: MediaType
    """Media type of the file."""
    size: int
    """Size in bytes."""
    digest: str
    """SHA-256 digest of the file, in hexadecimal digits."""

    @property
    def file_name(self) -> str:
        """The name under which the file is saved: no program takes it for a file of another type."""
        name = self.name.replace("/", "_").replace("\\", "_")
        endings = ENDINGS[self.media_type]
        return name if name.lower().endswith(endings) else name + endings[0]


def check_room(attached: int, most: int) -> None:
    """Check that there is room for one more attachment (rulebook §3.16). Raise TooMany."""
    if attached >= most:
        raise TooMany(most=most)
