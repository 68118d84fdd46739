"""Mails: one for each person and event, sent immediately or in a digest (rulebook §5.7)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.delivery.mailed_events import Sending
from app.domain.organisations.organisations import Language
from app.domain.values import Shown

MailState = Literal["held", "gathered", "due", "sent", "refused"]
MailPreference = Literal["each", "reminders_gathered", "daily_digest", "necessary"]
DEFAULT_PREFERENCE: MailPreference = "reminders_gathered"
MOST_TRIES = 5
"""How often an email is tried that the server refuses permanently (rulebook §5.7)."""
TRIED_FOR = timedelta(days=5)
"""How long an email is tried that the server refuses for now (rulebook §5.7; RFC 5321 §4.5.4.1)."""
DIGEST_HOUR = time(8)
"""When digests are sent, in Helsinki."""


@dataclass(frozen=True)
class DateToKeep:
    """A day that goes into the reader's own calendar."""

    uid: str
    """The same in each email about the same day."""
    day: date
    title: str
    description: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Attachment:
    """The letter about a decision, which goes with a mail."""

    name: str
    """File name, in ASCII."""
    type: str
    """Media type."""
    size: int
    """Number of bytes."""
    decision_id: UUID
    language: Language


@dataclass(frozen=True)
class Mail(Shown):
    """An email as its reader gets it, and what has happened to it."""

    id: UUID
    """ID of the email. Its Message-ID begins with it and stays the same at each attempt."""
    person_id: UUID | None
    """ID of the recipient. `null` if the email is an invitation or a link that verifies an address: these go to
    an address, and not to a person."""
    address: str
    """Email address of the last attempt, or of the next one if none has been made."""
    event: str
    """Name of the event that caused the email, `message` for a message from staff, or `digest`."""
    organisation_id: UUID | None
    """ID of the organisation concerned. `null` if the email concerns none."""
    language: Language
    """Language of the email."""
    subject: str
    """Subject of the email."""
    text: str
    """Text of the email. If the email has a token, dots are shown in its place."""
    state: MailState
    """State of the email. `held`: waits for the digest. `gathered`: was included in a digest. `due`: waits until a
    server accepts it. `sent`: was accepted. `refused`: was given up for good, because the mailbox does not exist,
    the address is unusable, the server rejected the email permanently five times or for five days, or the person was
    erased."""
    made_at: datetime
    due_at: datetime
    """When the email is to be sent, by the service's clock."""
    digest_id: UUID | None
    """ID of the digest that includes the email. `null` if there is none."""
    attempts: int
    """Number of attempts that no server accepted."""
    concluded_at: datetime | None
    """When a server accepted the email or it was given up, in real time. `null` if neither has happened."""
    answer: str | None
    """Last response of the email server. `null` if there is none."""


@dataclass(frozen=True)
class MailPreferences(Shown):
    mail: MailPreference
    """Choice of emails. `each`: every email immediately, by itself. `reminders_gathered`, the default: reminders in one
    email in the morning, and other news of the same moment in one email. `daily_digest`: everything that may wait in
    one email in the morning. `necessary`: only emails that cannot be turned off. Emails about roles, signatures and
    bank accounts are always sent immediately, by themselves."""
    mail_refused_at: datetime | None
    """When the email server last reported that the mailbox does not exist. `null` if it has accepted an email since, or
    never reported this."""


def leaves_at(sending: Sending, preference: MailPreference, now: datetime) -> datetime | None:
    """When the mail is sent: now, with the next digest, or, as None, never (rulebook §5.7)."""
    if sending == "always" or preference == "each":
        return now
    if preference == "necessary":
        return None
    if sending == "promptly" and preference == "reminders_gathered":
        return now
    return next_digest(now)


def is_separate(sending: Sending, preference: MailPreference) -> bool:
    """Whether the mail is sent by itself, not in one mail with others of the same moment (rulebook §5.7)."""
    return sending == "always" or preference == "each"


def next_digest(now: datetime) -> datetime:
    """When the next digest is sent."""
    local = now.astimezone(HELSINKI)
    today = datetime.combine(local, DIGEST_HOUR, HELSINKI)
    return today if local < today else datetime.combine(local + timedelta(days=1), DIGEST_HOUR, HELSINKI)


def pause_after(attempts: int, first: timedelta) -> timedelta:
    """The pause before the next attempt, which doubles each time up to four hours."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(first * doubled, timedelta(hours=4))


def is_given_up(*, is_permanent: bool, tries: int, tried_for: timedelta) -> bool:
    """Whether a mail that the server has just refused is not tried again (rulebook §5.7)."""
    return (is_permanent and tries >= MOST_TRIES) or tried_for >= TRIED_FOR
