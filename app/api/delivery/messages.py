"""`/v1/messages`."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, Strict

from app.api.conventions import NoBody, Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import WHOLE, Body, Instant, Line, Several, Text, Year, with_few_unknown
from app.db.paging import Slice
from app.domain.delivery.messages import Audience, Message, MessagePreview, MessageState, MessageText
from app.domain.hours.rounds import UnitRoundState
from app.domain.organisations.organisations import Language
from app.services.delivery import messages

router = APIRouter(prefix="/messages", route_class=Operation, tags=["Mail"])


class MessageTextIn(Body):
    subject: Line
    body: Text
    """Text of the message. `{name}`, `{organisation}` and, with a deadline, `{last_day}` are filled in for each
    recipient."""


class MessageIn(Body):
    texts: Annotated[
        dict[Language, MessageTextIn], BeforeValidator(lambda texts: with_few_unknown(texts, set(get_args(Language))))
    ]
    """Texts by language. The Finnish text is required, and is sent to recipients whose language is missing."""
    audience: Audience
    organisation_ids: Annotated[list[UUID], Field(max_length=1000, default_factory=list)]
    """IDs of central organisations. Only for the audience `organisations`."""
    organisation_id: UUID | None = None
    """ID of the caller's central organisation. Only for the audiences `unit_round` and `tree`."""
    round_year: Year | None = None
    """Year of the hours of the round. Only for the audiences `round` and `unit_round`."""
    round_states: Annotated[list[UnitRoundState], Field(max_length=10, default_factory=list)]
    """States in the round, when the message is sent, of those who get it. Only for the audiences `round` and
    `unit_round`."""
    deadline_id: UUID | None = None
    send_at: Instant | None = None
    days_before: Annotated[int, Strict(), Field(ge=0, le=365), WHOLE] | None = None
    """Number of days before the deadline's last day. `null` if the message is not sent by a deadline."""


@router.post("", status_code=201, responses=refusing("not-found", "not-central", "rate-limited"))
@operation(people_only=True)
async def write_message(writer: Write, body: MessageIn) -> Message:
    """Create a message.

    Creates a draft of a message to main users, or of a main user's message to managers of the own tree. It is sent
    with a separate request. The main users of a central organisation create up to 20 messages a day.

    **Who:** staff; main users for the audiences `unit_round` and `tree`.
    """
    texts = {language: MessageText(text.subject, text.body) for language, text in body.texts.items()}
    return await messages.write_message(
        writer,
        texts=texts,
        audience=body.audience,
        organisation_ids=body.organisation_ids,
        organisation_id=body.organisation_id,
        round_year=body.round_year,
        round_states=body.round_states,
        deadline_id=body.deadline_id,
        send_at=body.send_at,
        days_before=body.days_before,
    )


@router.get("", response_model=Page[Message], responses=refusing("forbidden"))
@operation(people_only=True)
async def list_messages(
    reader: Read, page: Paging, state: Several[MessageState] = None, organisation_id: Several[UUID] = None
) -> Slice[Message]:
    """List messages.

    The newest come first.

    **Who:** staff, auditors; main users for messages of their central organisation.
    """
    return await messages.list_messages(reader, page, state=state, organisation_id=organisation_id)


@router.get("/{message_id}", responses=refusing("forbidden"))
@operation(people_only=True)
async def get_message(reader: Read, message_id: UUID) -> Message:
    """Get a message.

    Includes the number of people it was sent to.

    **Who:** staff, auditors; main users for messages of their central organisation.
    """
    return await messages.get_message(reader, message_id)


@router.get("/{message_id}/preview", responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def preview_message(reader: Read, message_id: UUID, language: Language | None = None) -> MessagePreview:
    """Preview a message.

    Shows the message as one of its recipients would get it, and the number of recipients.

    **Who:** staff, auditors; main users for messages of their central organisation.
    """
    return await messages.preview_message(reader, message_id, language=language)


@router.post("/{message_id}/sending", responses=refusing("wrong-state"))
@operation(people_only=True)
async def send_message(writer: Write, message_id: UUID, _: NoBody = None) -> Message:
    """Send or schedule a message.

    Sends the message immediately, at its time, or the given number of days before its deadline.

    **Who:** staff; main users for messages of their central organisation.
    """
    return await messages.send_message(writer, message_id)


@router.post("/{message_id}/cancellation", responses=refusing("wrong-state"))
@operation(people_only=True)
async def cancel_message(writer: Write, message_id: UUID, _: NoBody = None) -> Message:
    """Cancel a message.

    Cancels a message that has not been sent.

    **Who:** staff; main users for messages of their central organisation.
    """
    return await messages.cancel_message(writer, message_id)
