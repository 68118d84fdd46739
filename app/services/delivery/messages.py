"""Messages of the staff: write, preview, send and cancel."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.delivery.messages import (
    find_deadline,
    find_deadline_of,
    list_addressees,
    list_centrals,
    message_resource,
    messages,
)
from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Reader, Writer
from app.db.statements import change_value, insert_row, row_of
from app.delivery.composing import html_of
from app.domain.access import check_person, check_staff, check_staff_or_auditor
from app.domain.delivery import messages as rules
from app.domain.delivery.messages import Audience, Message, MessagePreview, MessageState, MessageText
from app.domain.errors import NotFound
from app.domain.organisations.organisations import Language
from app.texts.mails import letter_of_message


async def write_message(
    writer: Writer,
    *,
    texts: Mapping[Language, MessageText],
    audience: Audience,
    organisation_ids: list[UUID],
    deadline_id: UUID | None,
    send_at: datetime | None,
    days_before: int | None,
) -> Message:
    check_person(writer.actor)
    check_staff(writer.actor)
    rules.check_message(texts, audience, organisation_ids, deadline_id, send_at, days_before)
    known = await list_centrals(writer.connection, organisation_ids) if organisation_ids else set()
    for index, organisation_id in enumerate(organisation_ids):
        if organisation_id not in known:
            raise NotFound(pointer=f"/organisation_ids/{index}")
    if deadline_id and await find_deadline(writer.connection, deadline_id) is None:
        raise NotFound(pointer="/deadline_id")
    message = Message(
        id=new_id(),
        texts=texts,
        audience=audience,
        organisation_ids=organisation_ids,
        deadline_id=deadline_id,
        send_at=send_at,
        days_before=days_before,
        state="draft",
        made_by=writer.actor.person_id,
        made_at=writer.now,
        scheduled_by=None,
        scheduled_at=None,
        sent_at=None,
        cancelled_at=None,
        recipients=None,
    )
    row = row_of(messages, message) | {"texts": {language: asdict(text) for language, text in texts.items()}}
    await insert_row(writer.connection, messages, **row)
    writer.record("message.written", message.id, audience=audience)
    return message


async def send_message(writer: Writer, message_id: UUID) -> Message:
    """Schedule the message. The worker sends it when it is due."""
    return await _change(
        writer,
        message_id,
        "draft",
        state="scheduled",
        scheduled_by=writer.actor.person_id,
        scheduled_at=writer.now,
    )


async def cancel_message(writer: Writer, message_id: UUID) -> Message:
    return await _change(writer, message_id, "draft", "scheduled", state="cancelled", cancelled_at=writer.now)


async def preview_message(reader: Reader, message_id: UUID, *, language: Language | None) -> MessagePreview:
    """Show the message as one of its current recipients reads it, and if a language is given, one who reads it."""
    message = await get_message(reader, message_id)
    owner, last_day = await find_deadline_of(reader.connection, message)
    due = rules.due_at(message, last_day, reader.now)
    addressees = await list_addressees(reader.connection, message, owner, reader.now)
    shown = next((each for each in addressees if language in {None, each.language}), None)
    if shown is None:
        return MessagePreview(len(addressees), due, None, None, None, None, None)
    centre = await get_study_centre(reader.connection)
    letter = letter_of_message(
        message,
        shown.language,
        name=shown.name,
        organisation=shown.organisation,
        study_centre=centre.name,
        last_day=last_day,
    )
    html = html_of(letter.subject, letter.text, letter.language)
    return MessagePreview(len(addressees), due, shown.person_id, letter.language, letter.subject, letter.text, html)


async def get_message(reader: Reader, message_id: UUID) -> Message:
    check_staff_or_auditor(reader.actor)
    return await message_resource.get(reader, message_id)


async def list_messages(reader: Reader, page: PageRequest, *, state: Sequence[MessageState] | None) -> Slice[Message]:
    check_staff_or_auditor(reader.actor)
    return await message_resource.page(reader, page, state=state)


async def _change(writer: Writer, message_id: UUID, *allowed: MessageState, **columns: Any) -> Message:
    check_person(writer.actor)
    check_staff(writer.actor)
    message = await message_resource.lock(writer, message_id)
    rules.check_state(message, *allowed)
    writer.record(f"message.{columns['state']}", message_id)
    return await change_value(writer.connection, messages, message, **columns)
