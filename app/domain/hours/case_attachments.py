"""Attachments of cases (liitteet): files that the two sides of a case give each other (rulebook §3.16)."""

from dataclasses import dataclass

from app.domain.access import Actor
from app.domain.attachments import AttachedFile
from app.domain.errors import Forbidden
from app.domain.hours.cases import CaseEntry

MOST_ATTACHMENTS = 10
"""Of one case, of both sides together."""


@dataclass(frozen=True)
class CaseAttachment(AttachedFile, CaseEntry):
    """Facts about an attachment, without the file itself."""


def check_author(actor: Actor, attachment: CaseAttachment) -> None:
    """Check that the actor added the attachment (rulebook §3.16). Raise Forbidden."""
    if not actor.is_among({attachment.created_by}):
        raise Forbidden(because="not-the-author")
