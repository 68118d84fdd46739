"""Messages from staff to main users, sent immediately, at a given time or before a deadline (rulebook §5.7)."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI, instants_out_of_range
from app.domain.errors import Fault, Invalid, WrongState
from app.domain.organisations.organisations import Language
from app.domain.values import Shown

Audience = Literal["main_users", "organisations", "deadline"]
MessageState = Literal["draft", "scheduled", "sent", "cancelled"]
SENDING_HOUR = time(8)
"""When messages that follow a deadline are sent, in Helsinki."""
PLACEHOLDERS = ("name", "organisation", "last_day")


@dataclass(frozen=True)
class MessageText(Shown):
    subject: str
    """Subject of the message."""
    body: str
    """Text of the message. `{name}`, `{organisation}` and, with a deadline, `{last_day}` are filled in for each
    recipient. A sentence with `{last_day}` is left out if the deadline has no last day."""


@dataclass(frozen=True)
class Message(Shown):
    id: UUID
    texts: Mapping[Language, MessageText]
    """Texts by language. Recipients whose language is missing get the Finnish text."""
    audience: Audience
    """Recipients: all main users, those of the named organisations, or those whom the deadline concerns."""
    organisation_ids: list[UUID]
    """IDs of the organisations whose main users are the recipients."""
    deadline_id: UUID | None
    """ID of the deadline that the message is about. `null` if there is none."""
    send_at: datetime | None
    """When the message is to be sent. `null` if it is sent immediately or by a deadline."""
    days_before: int | None
    """Number of days before the deadline's last day, at 8:00 in Europe/Helsinki. It follows the deadline if that is
    moved. `null` if the message is not sent by a deadline."""
    state: MessageState
    """State of the message."""
    made_by: UUID
    made_at: datetime
    scheduled_by: UUID | None
    """ID of the person who sent or scheduled the message. `null` if it is a draft."""
    scheduled_at: datetime | None
    """When the message was sent or scheduled. `null` if it is a draft."""
    sent_at: datetime | None
    """When the emails were created. `null` if the message has not been sent."""
    cancelled_at: datetime | None
    """When the message was cancelled. `null` if it has not been cancelled."""
    recipients: int | None
    """Number of people the message was sent to. `null` if it has not been sent."""


@dataclass(frozen=True)
class MessagePreview(Shown):
    """What one recipient would get if the message were sent now."""

    recipients: int
    """Number of people who would get the message."""
    due_at: datetime | None
    """When the message would be sent. `null` if its deadline has no last day."""
    person_id: UUID | None
    """ID of the recipient shown. `null` if there are no recipients."""
    language: Language | None
    """Language of the preview. `null` if there are no recipients."""
    subject: str | None
    """Subject of the email. `null` if there are no recipients."""
    text: str | None
    """Text of the email. `null` if there are no recipients."""
    html: str | None
    """HTML of the email. `null` if there are no recipients."""


def check_message(
    texts: Mapping[Language, MessageText],
    audience: Audience,
    organisation_ids: list[UUID],
    deadline_id: UUID | None,
    send_at: datetime | None,
    days_before: int | None,
) -> None:
    """Raise Invalid with all faults (rulebook §5.7)."""
    faults = instants_out_of_range(send_at=send_at)
    if len(set(organisation_ids)) < len(organisation_ids):
        faults.append(Fault("/organisation_ids", "repeated"))
    if "fi" not in texts:
        faults.append(Fault("/texts/fi", "required"))
    if (audience == "organisations") != bool(organisation_ids):
        faults.append(Fault("/organisation_ids", "required" if not organisation_ids else "extra-forbidden"))
    if deadline_id is None and (audience == "deadline" or days_before is not None):
        faults.append(Fault("/deadline_id", "required"))
    if send_at is not None and days_before is not None:
        faults.append(Fault("/days_before", "extra-forbidden"))
    known = PLACEHOLDERS if deadline_id else PLACEHOLDERS[:2]
    for language, text in texts.items():
        faults += [
            Fault(f"/texts/{language}/{member}", "unknown-placeholder", {"known": [f"{{{name}}}" for name in known]})
            for member, written in (("subject", text.subject), ("body", text.body))
            if not _is_filled_by(written, known)
        ]
    if faults:
        raise Invalid(*faults)


def check_state(message: Message, *allowed: MessageState) -> None:
    """Raise WrongState (rulebook §5.7)."""
    if message.state not in allowed:
        raise WrongState(state=message.state, allowed=list(allowed))


def due_at(message: Message, last_day: date | None, now: datetime) -> datetime | None:
    """When the message is sent, or would be if it were scheduled now. None if its deadline has no last day."""
    if message.days_before is None:
        return message.send_at or message.scheduled_at or now
    if last_day is None:
        return None
    return datetime.combine(last_day - timedelta(days=message.days_before), SENDING_HOUR, HELSINKI)


def central_organisations_of(message: Message, owner: UUID | None) -> list[UUID] | None:
    """The central organisations of the recipients, or None for all. `owner` is the organisation of the deadline."""
    if message.audience == "organisations":
        return message.organisation_ids
    return [owner] if message.audience == "deadline" and owner else None


def _is_filled_by(text: str, known: tuple[str, ...]) -> bool:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return False
    return all(name is None or (name in known and not how and not turned) for _, name, how, turned in parts)
