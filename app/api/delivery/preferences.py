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


@router.get("")
@operation(people_only=True, personal_data=True)
async def get_mail_preferences(reader: Read) -> MailPreferences:
    """Which mails you get at once, which gathered, and whether your mailbox takes them (everybody)."""
    return await preferences.get_preferences(reader)


@router.put("")
@operation(people_only=True)
async def put_mail_preferences(writer: Replace, body: MailPreferencesIn) -> MailPreferences:
    """Choose which mails come at once, gathered or not at all (everybody)."""
    return await preferences.put_preferences(writer, body.mail, writer.expected)
