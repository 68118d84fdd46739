"""`/v1/messages`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from pydantic.types import StrictInt

from app.api.conventions import NoBody, Read, Write
from app.api.operations import Operation
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, Instant, Line, Text
from app.db.paging import Slice
from app.domain.delivery.messages import Audience, Message, MessagePreview, MessageState, MessageText
from app.domain.organisations.organisations import Language
from app.services.delivery import messages

router = APIRouter(prefix="/messages", route_class=Operation, tags=["Mail"])


class MessageTextIn(Body):
    subject: Line
    body: Text
    """`{name}`, `{organisation}` and, with a deadline, `{last_day}` are filled in for each recipient."""


class MessageIn(Body):
    texts: dict[Language, MessageTextIn]
    """By language; Finnish is required, and goes to those whose language has no text of its own."""
    audience: Audience
    organisation_ids: Annotated[list[UUID], Field(max_length=1000, default_factory=list)]
    """Central organisations, for the audience `organisations` alone."""
    deadline_id: UUID | None = None
    send_at: Instant | None = None
    """Null, and `days_before` null too, is as soon as it is to be sent."""
    days_before: Annotated[StrictInt, Field(ge=0, le=365)] | None = None
    """Before the deadline's last day."""


@router.post("", status_code=201, responses=refusing("not-found"))
@operation(people_only=True)
async def write_message(writer: Write, body: MessageIn) -> Message:
    """Write a message to main users; it is a draft until it is to be sent (staff)."""
    texts = {language: MessageText(text.subject, text.body) for language, text in body.texts.items()}
    return await messages.write_message(
        writer,
        texts=texts,
        audience=body.audience,
        organisation_ids=body.organisation_ids,
        deadline_id=body.deadline_id,
        send_at=body.send_at,
        days_before=body.days_before,
    )


@router.get("", response_model=Page[Message], responses=refusing("forbidden"))
@operation(people_only=True)
async def list_messages(reader: Read, page: Paging, state: MessageState | None = None) -> Slice[Message]:
    """The messages written, newest first (staff, auditor)."""
    return await messages.list_messages(reader, page, state=state)


@router.get("/{message_id}", responses=refusing("forbidden"))
@operation(people_only=True)
async def get_message(reader: Read, message_id: UUID) -> Message:
    """One message, and to how many it went (staff, auditor)."""
    return await messages.get_message(reader, message_id)


@router.get("/{message_id}/preview", responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def preview_message(reader: Read, message_id: UUID, language: Language | None = None) -> MessagePreview:
    """The message as one of its recipients would get it, and how many they are (staff, auditor)."""
    return await messages.preview_message(reader, message_id, language=language)


@router.post("/{message_id}/sending", responses=refusing("wrong-state"))
@operation(people_only=True)
async def send_message(writer: Write, message_id: UUID, _: NoBody = None) -> Message:
    """Have it sent: now, at its instant, or so many days before its deadline (staff)."""
    return await messages.send_message(writer, message_id)


@router.post("/{message_id}/cancellation", responses=refusing("wrong-state"))
@operation(people_only=True)
async def cancel_message(writer: Write, message_id: UUID, _: NoBody = None) -> Message:
    """Cancel it before it is sent (staff)."""
    return await messages.cancel_message(writer, message_id)
