"""Mails: one for each person and event, when it leaves, and what becomes of it (rulebook §5.7)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.delivery.texts import Sending
from app.domain.organisations.organisations import Language

MailState = Literal["held", "gathered", "due", "sent", "refused"]
MailPreference = Literal["each", "reminders_gathered", "daily_digest", "necessary"]
USUAL_PREFERENCE: MailPreference = "reminders_gathered"
DIGEST_HOUR = time(8)
"""In Helsinki: what is gathered leaves before the day's work."""


@dataclass(frozen=True)
class DateToKeep:
    """A day that goes into the reader's own calendar."""

    uid: str
    """The same in each mail that tells of the same day."""
    day: date
    title: str


@dataclass(frozen=True)
class Mail:
    """A mail as its reader gets it, and what has become of it."""

    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    """Its Message-ID begins with it, and stays the same at each attempt."""
    person_id: UUID
    address: str
    """Where it was handed to last, or is to be."""
    event: str
    """What it tells of: an event's name, `message` of one that the staff wrote, or `digest`."""
    organisation_id: UUID | None
    language: Language
    subject: str
    text: str
    state: MailState
    """`held` to be gathered; `gathered` into it; `due`, until a server takes it; `sent`; `refused` for good, because
    there is no such mailbox, no mail can be addressed to it, or the person was erased before."""
    made_at: datetime
    due_at: datetime
    """By the service's clock."""
    digest_id: UUID | None
    """The mail that it was gathered into."""
    attempts: int
    """How often no server has taken it."""
    concluded_at: datetime | None
    """When a server took it, or refused it for good; by real time."""
    answer: str | None
    """What the server said last."""


@dataclass(frozen=True)
class SandboxMail:
    """A mail in the sandbox's mailbox."""

    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    to: str
    """The address."""
    subject: str
    text: str
    html: str
    """The same words, as a browser shows them."""
    event: str
    """What it tells of."""
    state: MailState
    """`due` unless the sandbox has a mail server."""
    made_at: datetime


@dataclass(frozen=True)
class MailPreferences:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    mail: MailPreference
    """`each`: every mail by itself, at once. `reminders_gathered`, unless said otherwise: what reminds is gathered into
    one mail in the morning, and what else is told at the same moment is one mail too. `daily_digest`: all that may be
    gathered waits for the morning. `necessary`: only what nobody can turn off, which is about rights, signatures and
    bank accounts, and always comes by itself."""
    mail_refused_at: datetime | None
    """When the mail server last said that there is no such mailbox; null once it has taken a mail again."""


def leaves_at(sending: Sending, preference: MailPreference, now: datetime) -> datetime | None:
    """When a mail leaves: now, or with the next digest, which is later; None is never (rulebook §5.7)."""
    if sending == "always" or preference == "each":
        return now
    if preference == "necessary":
        return None
    if sending == "promptly" and preference == "reminders_gathered":
        return now
    return next_digest(now)


def stands_alone(sending: Sending, preference: MailPreference) -> bool:
    """Whether a mail leaves by itself, or in one with all that leaves then (rulebook §5.7)."""
    return sending == "always" or preference == "each"


def next_digest(now: datetime) -> datetime:
    """The next morning's hour, in Finnish time."""
    local = now.astimezone(HELSINKI)
    today = datetime.combine(local, DIGEST_HOUR, HELSINKI)
    return today if local < today else datetime.combine(local + timedelta(days=1), DIGEST_HOUR, HELSINKI)


def pause_after(attempts: int, first: timedelta) -> timedelta:
    """Until the next attempt: twice as long each time, up to four hours, and for ever."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(first * doubled, timedelta(hours=4))
