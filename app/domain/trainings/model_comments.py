"""Comments on the sections of a version (kommentti): who writes, replies and closes (rulebook §3.7)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access import Actor
from app.domain.errors import Fault, Forbidden, Invalid, WrongState
from app.domain.trainings.model_versions import Section, Side, side_of
from app.domain.trainings.models import PlacedModel
from app.domain.values import Shown


@dataclass(frozen=True)
class ModelComment(Shown):
    id: UUID
    version_id: UUID
    """ID of the version."""
    section: Section
    """Field of the version that the comment is about."""
    text: str
    """Text of the comment."""
    replies_to: UUID | None
    """ID of the comment to which this one replies. `null` if it is no reply."""
    side: Side
    """Side that wrote the comment."""
    round: int
    """Round of the version in which the comment was written."""
    created_by: UUID
    created_by_name: str | None
    created_at: datetime
    closed_by: UUID | None
    """ID of the person or API key that closed the comment. `null` if it is open or a reply."""
    closed_by_name: str | None
    closed_at: datetime | None
    """When the comment was closed. `null` if it is open or a reply."""


def check_writer(actor: Actor, placed: PlacedModel) -> Side:
    """Return the side that comments: main users and staff do (rulebook §3.7). Raise Forbidden."""
    side = side_of(actor, placed)
    if side is None:
        raise Forbidden(roles=["main_user", "staff"])
    return side


def check_reply(section: Section, replied: ModelComment) -> None:
    """Check that a reply is about the same section, and that replies go one level deep (rulebook §3.7). Raise Invalid;
    WrongState if the comment has been closed."""
    faults = []
    if replied.replies_to is not None:
        faults.append(Fault("/replies_to", "reply-to-reply"))
    if section != replied.section:
        faults.append(Fault("/section", "other-section"))
    if faults:
        raise Invalid(*faults)
    if replied.closed_at is not None:
        raise WrongState(pointer="/replies_to", state="closed", allowed=["open"])


def check_closing(side: Side, comment: ModelComment) -> None:
    """Check that the side that opened the comment closes it; a reply is closed with its comment (rulebook §3.7).

    Raise Forbidden, WrongState.
    """
    if side != comment.side:
        raise Forbidden(because="not-the-side")
    if comment.replies_to is not None:
        raise WrongState(state="open", because="is-reply")
    if comment.closed_at is not None:
        raise WrongState(state="closed", allowed=["open"])
