"""Values and rules that only a sandbox has: demo people and the clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access import Role
from app.domain.calendar.deadlines import instants_out_of_range
from app.domain.delivery.mails import MailState
from app.domain.errors import Invalid
from app.domain.organisations.organisations import Language
from app.domain.values import Shown


@dataclass(frozen=True)
class DemoRole(Shown):
    role: Role
    """Role of the person."""
    organisation_id: UUID | None
    """ID of the organisation. `null` if the role is for the study centre."""
    organisation_name: str | None
    """Name of the organisation. `null` if the role is for the study centre."""


@dataclass(frozen=True)
class DemoPerson(Shown):
    """A person to try the service as. `POST /v1/sandbox/tokens` returns a token."""

    id: UUID
    name: str
    """Name of the person."""
    email: str
    """Email address of the person."""
    language: Language
    """Language of the emails sent to the person."""
    roles: list[DemoRole]
    """Roles of the person."""


@dataclass(frozen=True)
class Clock(Shown):
    now: datetime
    """Current time of the service, for all processes."""
    standing: bool
    """Whether the clock is stopped at that time. Otherwise it follows real time."""


@dataclass(frozen=True)
class MailAttachment(Shown):
    """A file that goes with an email."""

    name: str
    """File name."""
    type: str
    """Media type of the file."""
    size: int
    """Number of bytes."""


@dataclass(frozen=True)
class SandboxMail(Shown):
    """An email in the sandbox's mailbox."""

    id: UUID
    to: str
    """Email address of the recipient."""
    subject: str
    """Subject of the email."""
    text: str
    """Text of the email."""
    html: str
    """HTML of the email, with the same content."""
    event: str
    """Name of the event that caused the email, `message` for a message from staff, or `digest`."""
    state: MailState
    """State of the email, `due` unless the sandbox has an email server."""
    attachments: list[MailAttachment]
    """Attached files: the letter of a decision."""
    made_at: datetime


def check_clock(now: datetime) -> None:
    """The clock is set to a time within the years that the service knows (rulebook §4.2)."""
    if faults := instants_out_of_range(now=now):
        raise Invalid(*faults)
