"""Outgoing mails: made from the events of the outbox, from messages that are due, and as digests."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from itertools import groupby
from typing import Any

from app.db.delivery import messages
from app.db.delivery.mails import UnsentMail, list_held, mails, release
from app.db.delivery.outbox import Recipient, list_not_mailed, list_recipients, mark_mailed
from app.db.identifiers import new_id
from app.db.people.study_centres import StudyCentre, lock_study_centre
from app.db.statements import Connection, change_row, insert_rows
from app.delivery.links import link_to
from app.domain.delivery.mailed_events import MAIL_OF, MAILED_EVENTS
from app.domain.delivery.mails import DEFAULT_PREFERENCE, DateToKeep, is_separate, leaves_at
from app.domain.delivery.messages import Message, due_at
from app.domain.organisations.names import name_in
from app.services.delivery.attached_letters import Attachments, attach_letters
from app.services.delivery.messages import letter_to
from app.texts.mails import Letter, digest_of, letter_of_event

EVENTS_AT_ONCE = 200


async def make_mails(connection: Connection, public_url: str | None = None) -> None:
    """Make all mails that are due by the clock of the connection's study centre. Without a public URL they have no
    links."""
    while await _mail_events(connection, public_url) == EVENTS_AT_ONCE:
        pass
    await _send_messages(connection)
    await _gather_digests(connection)


async def _mail_events(connection: Connection, public_url: str | None) -> int:
    """Make the mails of the next events, and return how many events there were.

    An event is marked in the transaction that makes its mails, so that they are made once even if the process dies.
    """
    events = await list_not_mailed(connection, EVENTS_AT_ONCE)
    if not events:
        return 0
    recipients = await list_recipients(connection, events)
    # Composing letters takes a while, during which others may work for the study centre, and make these mails.
    attachments = await attach_letters(connection, recipients)
    async with connection.transaction():
        centre = await lock_study_centre(connection)
        waiting = set(events).intersection(await list_not_mailed(connection, EVENTS_AT_ONCE))
        rows = [
            _mail_of_event(recipient, centre, centre.now, public_url, attachments)
            for recipient in recipients
            if recipient.event_id in waiting
        ]
        await insert_rows(connection, mails, [row for row in rows if row])
        await mark_mailed(connection, sorted(waiting))
    return len(events)


async def _send_messages(connection: Connection) -> None:
    """Make the mails of the messages that are due."""
    async with connection.transaction():
        centre = await lock_study_centre(connection)
        for message in await messages.lock_scheduled(connection):
            await _send_if_due(connection, message, centre, centre.now)


async def _gather_digests(connection: Connection) -> None:
    """Release the mails whose digest is due."""
    async with connection.transaction():
        centre = await lock_study_centre(connection)
        held = await list_held(connection, centre.now)
        for _, own in groupby(held, lambda mail: mail.person_id):
            await _gather(connection, list(own), centre, centre.now)


def _mail_of_event(
    recipient: Recipient, centre: StudyCentre, now: datetime, public_url: str | None, attachments: Attachments
) -> dict[str, Any] | None:
    """The row of the mail, or None if the recipient gets none."""
    name = MAIL_OF[recipient.event, recipient.to]
    event = MAILED_EVENTS[name]
    preference = recipient.preference or DEFAULT_PREFERENCE
    leaves = leaves_at(event.sending, preference, now)
    facts = recipient.facts
    unreported = (
        event.is_mailed_otherwise(facts)
        or event.is_unheard_of(facts)
        or event.is_silent(facts)
        or event.is_about_others(facts)
    )
    if leaves is None or unreported:
        return None
    attached = attachments.get((recipient.subject_id, recipient.language), [])
    known = {
        "person": recipient.person,
        "signatory": recipient.signatory,
        "key": recipient.key,
        "model": recipient.model,
        "badge": recipient.badge,
        "training": recipient.training,
        "course": recipient.training if recipient.hour_type == "training" else None,
        "peer_group": recipient.training if recipient.hour_type == "peer_group" else None,
        "letter": [each["name"] for each in attached],
    }
    link = link_to(public_url, *event.place(recipient.facts))
    study_centre = name_in(recipient.language, centre)
    letter = letter_of_event(
        event.worded_as or name,
        recipient.language,
        name=recipient.name,
        organisation=recipient.organisation or study_centre,
        study_centre=study_centre,
        facts=recipient.facts | known,
        reason=recipient.reason,
        link=link,
    )
    day = recipient.facts.get(event.day) if event.day else None
    dates = []
    if day and letter.day_title:
        dates = [
            DateToKeep(
                f"{recipient.subject_id}-{event.day}@tuntipankki",
                date.fromisoformat(day),
                letter.day_title,
                letter.news,
                link,
            )
        ]
    return _row(
        letter,
        recipient,
        cause_id=recipient.event_id,
        event=recipient.event,
        organisation_id=recipient.organisation_id,
        dates=_json_of(dates),
        attachments=attached,
        state="due" if is_separate(event.sending, preference) else "held",
        made_at=recipient.made_at,
        due_at=leaves,
    )


async def _send_if_due(connection: Connection, message: Message, centre: StudyCentre, now: datetime) -> None:
    owner, last_day = await messages.find_deadline_of(connection, message)
    due = due_at(message, last_day, now)
    # If the deadline has been removed, the message waits: it has no last day and no recipients.
    if due is None or due > now or (message.audience == "deadline" and last_day is None):
        return
    addressees = await messages.list_addressees(connection, message, owner, now)
    rows = [_mail_of_message(addressee, message, last_day, centre, now) for addressee in addressees]
    await insert_rows(connection, mails, rows)
    await change_row(connection, messages.messages, message.id, state="sent", sent_at=now, recipients=len(rows))


def _mail_of_message(
    addressee: messages.Addressee, message: Message, last_day: date | None, centre: StudyCentre, now: datetime
) -> dict[str, Any]:
    letter = letter_to(addressee, message, centre, last_day)
    dates = [DateToKeep(f"{message.deadline_id}-closes_on@tuntipankki", last_day, letter.subject)] if last_day else []
    return _row(
        letter,
        addressee,
        cause_id=message.id,
        event="message",
        organisation_id=addressee.organisation_id,
        dates=_json_of(dates),
        attachments=[],
        state="due",
        made_at=now,
        due_at=now,
    )


async def _gather(connection: Connection, held: list[UnsentMail], centre: StudyCentre, now: datetime) -> None:
    """Release the mails of one person: several as a digest, a single one as it is."""
    digest_id = None
    if len(held) > 1:
        digest_id, first = new_id(), held[0]
        study_centre = name_in(first.language, centre)
        letter = digest_of(
            [(mail.subject, mail.text) for mail in held], first.language, name=first.name, study_centre=study_centre
        )
        dates = {date["uid"]: date for mail in held for date in mail.dates}
        row = _row(
            letter,
            first,
            cause_id=digest_id,
            event="digest",
            organisation_id=None,
            dates=list(dates.values()),
            attachments=[each for mail in held for each in mail.attachments],
            state="due",
            made_at=now,
            due_at=now,
        )
        await insert_rows(connection, mails, [row | {"id": digest_id}])
    await release(connection, [mail.id for mail in held], digest_id=digest_id)


def _row(letter: Letter, reader: Recipient | messages.Addressee | UnsentMail, **columns: Any) -> dict[str, Any]:
    """A row of `mails`."""
    return {
        "id": new_id(),
        "person_id": reader.person_id,
        "language": letter.language,
        "address": reader.email,
        "subject": letter.subject,
        "text": letter.text,
    } | columns


def _json_of(dates: Sequence[DateToKeep]) -> list[dict[str, str]]:
    return [asdict(date) | {"day": date.day.isoformat()} for date in dates]
