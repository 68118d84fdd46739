"""Messages from staff to main users, and from main users to managers of their tree, sent immediately, at a given time
or before a deadline (rulebook §5.7)."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from uuid import UUID

from app.domain.access import Actor, Role, check_staff
from app.domain.calendar.deadlines import HELSINKI, Window, instants_out_of_range
from app.domain.errors import Fault, Forbidden, Invalid, NotFound, WrongState
from app.domain.hours.rounds import RoundState, UnitRoundState
from app.domain.organisations.organisations import Language
from app.domain.values import Shown

Audience = Literal["main_users", "organisations", "deadline", "round", "unit_round", "tree"]
MessageState = Literal["draft", "scheduled", "sent", "cancelled"]
SENDING_HOUR = time(8)
"""When messages that follow a deadline are sent, in Helsinki."""
PLACEHOLDERS = ("name", "organisation", "last_day")
ROUND_STATES: dict[Audience, tuple[UnitRoundState, ...]] = {
    "round": get_args(RoundState),
    "unit_round": get_args(UnitRoundState),
}
"""The states that organisations may have in the round of each audience."""
OF_MAIN_USERS: tuple[Audience, ...] = ("unit_round", "tree")
"""The audiences of main users, who write to managers of their own tree."""
A_DAY = 20
"""Messages of the main users of a central organisation in a day."""


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
    """Recipients: all main users, those of the named organisations, those whom the deadline concerns, or those of
    organisations in the states of a round. `unit_round`: managers of units in the states of the units' round. `tree`:
    unit managers and training managers of the central organisation and its units."""
    organisation_ids: list[UUID]
    """IDs of the organisations whose main users are the recipients."""
    organisation_id: UUID | None
    """ID of the central organisation whose main user writes. `null` if the study centre writes."""
    round_year: int | None
    """Year of the hours of the round. `null` if the audience is not that of a round."""
    round_states: list[UnitRoundState]
    """States in the round, when the message is sent, of the organisations or units whose people are the recipients."""
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
    made_by_name: str | None
    made_at: datetime
    scheduled_by: UUID | None
    """ID of the person who sent or scheduled the message. `null` if it is a draft."""
    scheduled_by_name: str | None
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


def language_of(message: Message, language: Language) -> Language:
    """Return the language in which a reader of that language gets the message (rulebook §5.7)."""
    return language if language in message.texts else "fi"


def check_message(message: Message) -> None:
    """Raise Invalid with all faults (rulebook §5.7)."""
    faults = [*instants_out_of_range(send_at=message.send_at), *_faults_of_audience(message)]
    if "fi" not in message.texts:
        faults.append(Fault("/texts/fi", "required"))
    if message.deadline_id is None and (message.audience == "deadline" or message.days_before is not None):
        faults.append(Fault("/deadline_id", "required"))
    if message.send_at is not None and message.days_before is not None:
        faults.append(Fault("/days_before", "extra-forbidden"))
    known = PLACEHOLDERS if message.deadline_id else PLACEHOLDERS[:2]
    for language, text in message.texts.items():
        faults += [
            Fault(f"/texts/{language}/{member}", "unknown-placeholder", {"known": [f"{{{name}}}" for name in known]})
            for member, written in (("subject", text.subject), ("body", text.body))
            if not _is_filled_by(written, known)
        ]
    if faults:
        raise Invalid(*faults)


def _faults_of_audience(message: Message) -> list[Fault]:
    """The faults of the fields that some audiences have, and others have not."""
    of_round = message.audience in ROUND_STATES
    fields: list[tuple[str, object, bool]] = [
        ("organisation_ids", message.organisation_ids, message.audience == "organisations"),
        ("organisation_id", message.organisation_id, message.audience in OF_MAIN_USERS),
        ("round_year", message.round_year, of_round),
        ("round_states", message.round_states, of_round),
    ]
    faults = [
        Fault(f"/{name}", "required" if is_needed else "extra-forbidden")
        for name, value, is_needed in fields
        if bool(value) != is_needed
    ]
    faults += [
        Fault(f"/{name}", "repeated")
        for name, values in (("organisation_ids", message.organisation_ids), ("round_states", message.round_states))
        if len(set(values)) < len(values)
    ]
    known = ROUND_STATES.get(message.audience, message.round_states)
    return faults + [
        Fault(f"/round_states/{index}", "literal-error", {"expected": known})
        for index, state in enumerate(message.round_states)
        if state not in known
    ]


def check_reader(actor: Actor) -> None:
    """Check that the caller sees messages: all of them, or those of the own central organisation. Raise Forbidden."""
    if not actor.has("staff", "auditor", "main_user"):
        raise Forbidden(roles=["staff", "auditor", "main_user"])


def check_sender(actor: Actor, message: Message) -> None:
    """Check for staff, or for what a central organisation writes, for its main user. Raise Forbidden."""
    if message.organisation_id is None:
        check_staff(actor)
    elif message.organisation_id not in actor.organisations_of("main_user"):
        raise Forbidden(roles=["main_user"])


def check_deadline(found: tuple[UUID | None, date | None] | None, central_organisation_id: UUID | None) -> None:
    """Check that there is such a deadline, and for a central organisation's message, that it concerns it.
    Raise NotFound."""
    if found is None or (central_organisation_id and found[0] not in {None, central_organisation_id}):
        raise NotFound(pointer="/deadline_id")


def check_round(windows: Sequence[Window]) -> None:
    """Check that the calendar has a round for the hours of the year. Raise Invalid."""
    if not windows:
        raise Invalid(Fault("/round_year", "no-round"))


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


def roles_of(message: Message) -> list[Role]:
    """The roles of the recipients."""
    if message.audience == "tree":
        return ["unit_manager", "training_manager"]
    return ["unit_manager" if message.organisation_id else "main_user"]


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
