"""Making mails: of the outbox's events, of messages whose time has come, and of digests."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from app.db.delivery import messages
from app.db.delivery.mails import (
    Held,
    Maker,
    Recipient,
    add_mails,
    list_held,
    list_recipients,
    list_untold,
    lock_making,
    mark_told,
    release,
)
from app.db.identifiers import new_id
from app.db.statements import Connection, change_row
from app.domain.calendar.deadlines import HELSINKI
from app.domain.delivery.mails import USUAL_PREFERENCE, DateToKeep, leaves_at, stands_alone
from app.domain.delivery.messages import Message, due_at, tops_of
from app.domain.delivery.messages import letter_of as letter_of_message
from app.domain.delivery.texts import EVENTS, digest_of, letter_of

EVENTS_AT_ONCE = 200


async def make_mails(connection: Connection) -> None:
    """All that are to be made now, of the connection's study centre, by its clock.

    An event is marked in the transaction that makes its mails: killed at any moment, the next run makes them once.
    """
    while True:
        async with connection.transaction():
            maker = await lock_making(connection)
            events = await list_untold(connection, EVENTS_AT_ONCE)
            if events:
                recipients = await list_recipients(connection, events)
                rows = [_mail_of_event(recipient, maker, _now(maker)) for recipient in recipients]
                await add_mails(connection, [row for row in rows if row])
                await mark_told(connection, events)
        if len(events) < EVENTS_AT_ONCE:
            break
    async with connection.transaction():
        maker = await lock_making(connection)
        for message in await messages.lock_scheduled(connection):
            await _send_if_due(connection, message, maker, _now(maker))
    async with connection.transaction():
        maker = await lock_making(connection)
        held = await list_held(connection, _now(maker))
        for _, mails in groupby(held, lambda mail: mail.person_id):
            await _gather(connection, list(mails), maker, _now(maker))


def _now(maker: Maker) -> datetime:
    return (maker.clock_at or datetime.now(UTC)).astimezone(HELSINKI)


def _mail_of_event(recipient: Recipient, maker: Maker, now: datetime) -> dict[str, Any] | None:
    told = EVENTS[recipient.event]
    preference = recipient.preference or USUAL_PREFERENCE
    leaves = leaves_at(told.sending, preference, now)
    if leaves is None or told.is_told_elsewhere(recipient.facts):
        return None
    letter = letter_of(
        recipient.event,
        recipient.language,
        name=recipient.name,
        organisation=recipient.organisation or maker.name,
        study_centre=maker.name,
        facts=recipient.facts,
        reason=recipient.reason,
    )
    dates = []
    if letter.day:
        dates = [DateToKeep(f"{recipient.subject_id}-{told.day}@tuntipankki", letter.day, letter.day_title)]
    return _row(
        recipient.person_id,
        recipient.event_id,
        recipient.event,
        organisation_id=recipient.organisation_id,
        language=recipient.language,
        address=recipient.email,
        subject=letter.subject,
        text=letter.text,
        dates=dates,
        state="due" if stands_alone(told.sending, preference) else "held",
        made_at=recipient.made_at,
        due_at=leaves,
    )


async def _send_if_due(connection: Connection, message: Message, maker: Maker, now: datetime) -> None:
    owner, last_day = None, None
    if message.deadline_id:
        # A deadline that has been removed has no last day, and nobody whom it concerns: the message waits.
        owner, last_day = await messages.find_last_day(connection, message.deadline_id) or (None, None)
    due = due_at(message.send_at, message.days_before, last_day, message.scheduled_at or now)
    if due is None or due > now or (message.audience == "deadline" and last_day is None):
        return
    addressees = await messages.list_addressees(connection, now, tops_of(message, owner), message.texts)
    rows = []
    for addressee in addressees:
        language, subject, text = letter_of_message(
            message, addressee.language, addressee.name, addressee.organisation, maker.name, last_day
        )
        dates = [DateToKeep(f"{message.deadline_id}-closes_on@tuntipankki", last_day, subject)] if last_day else []
        rows.append(
            _row(
                addressee.person_id,
                message.id,
                "message",
                organisation_id=addressee.organisation_id,
                language=language,
                address=addressee.email,
                subject=subject,
                text=text,
                dates=dates,
                state="due",
                made_at=now,
                due_at=now,
            )
        )
    await add_mails(connection, rows)
    await change_row(connection, messages.messages, message.id, state="sent", sent_at=now, recipients=len(rows))


async def _gather(connection: Connection, held: list[Held], maker: Maker, now: datetime) -> None:
    """One that waits alone leaves as it is."""
    digest_id = None
    if len(held) > 1:
        digest_id, first = new_id(), held[0]
        parts = [(mail.subject, mail.text) for mail in held]
        subject, text = digest_of(parts, first.language, name=first.name, study_centre=maker.name)
        dates = {date["uid"]: date for mail in held for date in mail.dates}
        row = _row(
            first.person_id,
            digest_id,
            "digest",
            organisation_id=None,
            language=first.language,
            address=first.email,
            subject=subject,
            text=text,
            dates=[],
            state="due",
            made_at=now,
            due_at=now,
        )
        await add_mails(connection, [row | {"id": digest_id, "dates": list(dates.values())}])
    await release(connection, [mail.id for mail in held], digest_id=digest_id)


def _row(person_id: UUID, cause_id: UUID, event: str, *, dates: Sequence[DateToKeep], **columns: Any) -> dict[str, Any]:
    told = [asdict(date) | {"day": date.day.isoformat()} for date in dates]
    return {"id": new_id(), "person_id": person_id, "cause_id": cause_id, "event": event, "dates": told} | columns
