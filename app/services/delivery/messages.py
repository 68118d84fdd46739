"""Messages of the staff and of main users: write, preview, send and cancel."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.db.delivery.messages import (
    Addressee,
    count_written,
    find_deadline,
    find_deadline_of,
    list_addressees,
    list_centrals,
    message_resource,
    messages,
)
from app.db.hours.rounds import list_windows
from app.db.hours.standing import find_windows
from app.db.identifiers import new_id
from app.db.organisations.profiles import lock
from app.db.paging import PageRequest, Slice
from app.db.people.study_centres import StudyCentre, get_study_centre
from app.db.sessions import Reader, Writer
from app.db.statements import change_value, insert_row, row_of
from app.delivery.composing import html_of
from app.domain.access import check_main_user, check_person, check_reach, check_staff
from app.domain.calendar.deadlines import Window, units_windows_of
from app.domain.delivery import messages as rules
from app.domain.delivery.messages import Audience, Message, MessagePreview, MessageState, MessageText
from app.domain.errors import NotFound
from app.domain.hours.rounds import UnitRoundState
from app.domain.hours.standing import check_central
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.domain.people.daily_limits import check_within_limit, day_around
from app.texts.mails import Letter, letter_of_message


async def write_message(
    writer: Writer,
    *,
    texts: Mapping[Language, MessageText],
    audience: Audience,
    organisation_ids: list[UUID],
    organisation_id: UUID | None,
    round_year: int | None,
    round_states: list[UnitRoundState],
    deadline_id: UUID | None,
    send_at: datetime | None,
    days_before: int | None,
) -> Message:
    check_person(writer.actor)
    message = Message(
        id=new_id(),
        texts=texts,
        audience=audience,
        organisation_ids=organisation_ids,
        organisation_id=organisation_id,
        round_year=round_year,
        round_states=round_states,
        deadline_id=deadline_id,
        send_at=send_at,
        days_before=days_before,
        state="draft",
        made_by=writer.actor.person_id,
        made_by_name=writer.actor.name,
        made_at=writer.now,
        scheduled_by=None,
        scheduled_by_name=None,
        scheduled_at=None,
        sent_at=None,
        cancelled_at=None,
        recipients=None,
    )
    rules.check_message(message)
    if organisation_id:
        await _check_centre(writer, organisation_id)
    else:
        check_staff(writer.actor)
    known = await list_centrals(writer.connection, organisation_ids) if organisation_ids else set()
    for index, named in enumerate(organisation_ids):
        if named not in known:
            raise NotFound(pointer=f"/organisation_ids/{index}")
    if deadline_id:
        rules.check_deadline(await find_deadline(writer.connection, deadline_id), organisation_id)
    if round_year:
        rules.check_round(await _list_windows(writer, organisation_id, round_year))
    row = row_of(messages, message) | {"texts": {language: asdict(text) for language, text in texts.items()}}
    await insert_row(writer.connection, messages, **row)
    if organisation_id:
        written = await count_written(writer.connection, organisation_id, *day_around(writer.now))
        check_within_limit(written, rules.A_DAY, writer.now)
    writer.record("message.written", message.id, organisation_id=organisation_id, audience=audience)
    return message


async def _check_centre(writer: Writer, organisation_id: UUID) -> None:
    """Check that the caller may write for the central organisation. It is locked, so that its messages are counted."""
    found = await lock(writer.connection, organisation_id)
    place = check_reach(writer.actor, found[1] if found else None, pointer="/organisation_id")
    check_main_user(writer.actor, place)
    check_central(place, pointer="/organisation_id")


async def _list_windows(reader: Reader, organisation_id: UUID | None, year: int) -> Sequence[Window]:
    """The days of the round for everyone, or those in which the central organisation's units propose."""
    if organisation_id is None:
        return await list_windows(reader.connection, year)
    own_days = await find_windows(reader.connection, organisation_id, year, "unit_proposals")
    round_days = await find_windows(reader.connection, organisation_id, year, "proposal_round")
    return units_windows_of(own_days, round_days)


async def send_message(writer: Writer, message_id: UUID) -> Message:
    """Schedule the message. The worker sends it when it is due."""
    return await _change(
        writer,
        message_id,
        "draft",
        state="scheduled",
        scheduled_by=writer.actor.person_id,
        scheduled_by_name=writer.actor.name,
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
    letter = letter_to(shown, message, centre, last_day)
    html = html_of(letter.subject, letter.text, letter.language)
    return MessagePreview(len(addressees), due, shown.person_id, letter.language, letter.subject, letter.text, html)


async def get_message(reader: Reader, message_id: UUID) -> Message:
    rules.check_reader(reader.actor)
    return await message_resource.get(reader, message_id)


async def list_messages(
    reader: Reader,
    page: PageRequest,
    *,
    state: Sequence[MessageState] | None,
    organisation_id: Sequence[UUID] | None,
) -> Slice[Message]:
    rules.check_reader(reader.actor)
    return await message_resource.page(reader, page, state=state, organisation_id=organisation_id)


def letter_to(addressee: Addressee, message: Message, centre: StudyCentre, last_day: date | None) -> Letter:
    read_in = rules.language_of(message, addressee.language)
    return letter_of_message(
        message,
        read_in,
        name=addressee.name,
        organisation=addressee.organisation,
        sender=addressee.central_organisation if message.organisation_id else name_in(read_in, centre),
        last_day=last_day,
    )


async def _change(writer: Writer, message_id: UUID, *allowed: MessageState, **columns: Any) -> Message:
    check_person(writer.actor)
    rules.check_reader(writer.actor)
    message = await message_resource.lock(writer, message_id)
    rules.check_sender(writer.actor, message)
    rules.check_state(message, *allowed)
    writer.record(f"message.{columns['state']}", message_id, organisation_id=message.organisation_id)
    return await change_value(writer.connection, messages, message, **columns)
