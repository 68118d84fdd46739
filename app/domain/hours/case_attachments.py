"""Attachments of cases (liitteet): files that the two sides of a case give each other (rulebook §3.16)."""

from dataclasses import dataclass
from typing import Literal

from app.domain.access import Actor
from app.domain.errors import DomainError, Forbidden, TooMany
from app.domain.hours.cases import CaseEntry

MediaType = Literal["application/pdf", "image/png", "image/jpeg", "image/webp"]
Finding = Literal[
    "other-type", "other-contents", "encrypted", "too-many-pixels", "animated", "damaged", "too-demanding"
]
"""Why an attachment is refused: the first reason found."""
LARGEST_ATTACHMENT = 10 * 1024 * 1024
"""In bytes."""
MOST_ATTACHMENTS = 10
"""Of one case, of both sides together."""
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
class CaseAttachment(CaseEntry):
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


def check_room(attached: int) -> None:
    """Check that the case has room for one more attachment (rulebook §3.16). Raise TooMany."""
    if attached >= MOST_ATTACHMENTS:
        raise TooMany(most=MOST_ATTACHMENTS)


def check_author(actor: Actor, attachment: CaseAttachment) -> None:
    """Check that the actor added the attachment (rulebook §3.16). Raise Forbidden."""
    if not actor.is_among({attachment.created_by}):
        raise Forbidden(because="not-the-author")
