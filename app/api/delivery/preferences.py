"""`/v1/me/mail-preferences`."""

from fastapi import APIRouter

from app.api.conventions import Read, Replace
from app.api.operations import Operation
from app.api.security import operation
from app.api.shapes import Body
from app.domain.delivery.mails import MailPreference, MailPreferences
from app.services.delivery import preferences

router = APIRouter(prefix="/me/mail-preferences", route_class=Operation, tags=["Me"])


class MailPreferencesIn(Body):
    mail: MailPreference
    """Choice of emails that are sent immediately, in a digest or not at all."""


@router.get("")
@operation(people_only=True, personal_data=True)
async def get_mail_preferences(reader: Read) -> MailPreferences:
    """Get your email preferences.

    Also shows whether your mailbox accepts emails.

    **Who:** everyone who has registered.
    """
    return await preferences.get_preferences(reader)


@router.put("")
@operation(people_only=True)
async def put_mail_preferences(writer: Replace, body: MailPreferencesIn) -> MailPreferences:
    """Set your email preferences.

    **Who:** everyone who has registered.
    """
    return await preferences.put_preferences(writer, body.mail, writer.expected)
