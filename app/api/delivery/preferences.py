"""`/v1/me/mail-preferences`."""

from fastapi import APIRouter

from app.api.operations import PERSONAL, Operation
from app.api.shapes import Body
from app.db.sessions import Reader, Writer
from app.domain.delivery.mails import MailPreference, MailPreferences
from app.domain.versions import Versions
from app.services.delivery import preferences

router = APIRouter(prefix="/me/mail-preferences", route_class=Operation, tags=["Me"])


class MailPreferencesIn(Body):
    mail: MailPreference


@router.get("", response_model=MailPreferences, openapi_extra=PERSONAL)
async def get_mail_preferences(reader: Reader) -> MailPreferences:
    """Which mails you get at once, which gathered, and whether your mailbox takes them (everybody)."""
    return await preferences.get_preferences(reader)


@router.put("", response_model=MailPreferences)
async def put_mail_preferences(writer: Writer, expected: Versions, body: MailPreferencesIn) -> MailPreferences:
    """Choose which mails come at once, gathered or not at all (everybody)."""
    return await preferences.put_preferences(writer, body.mail, expected)
