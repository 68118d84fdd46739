"""`/v1/mails`."""

from uuid import UUID

from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import EventName, Several
from app.db.paging import Slice
from app.domain.delivery.mails import Mail, MailState
from app.services.delivery import mails

router = APIRouter(
    prefix="/mails", route_class=Operation, tags=[Tag("Mail", "The emails sent, and the messages that staff write.")]
)


@router.get("", response_model=Page[Mail])
@operation(people_only=True, personal_data=True)
async def list_mails(
    reader: Read,
    page: Paging,
    person_id: Several[UUID] = None,
    organisation_id: Several[UUID] = None,
    event: Several[EventName] = None,
    state: Several[MailState] = None,
) -> Slice[Mail]:
    """List emails.

    The newest come first. Everyone else sees only the emails sent to them.

    **Who:** staff, auditors; everyone for their own emails.
    """
    return await mails.list_mails(
        reader, page, person_id=person_id, organisation_id=organisation_id, event=event, state=state
    )


@router.get("/{mail_id}")
@operation(people_only=True, personal_data=True)
async def get_mail(reader: Read, mail_id: UUID) -> Mail:
    """Get an email.

    Shows the email as its reader gets it, and its delivery.

    **Who:** staff, auditors, the recipient.
    """
    return await mails.get_mail(reader, mail_id)
