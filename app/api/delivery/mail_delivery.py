"""`/v1/mail-delivery`."""

from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation
from app.api.responses import refusing
from app.api.security import operation
from app.domain.delivery.mail_delivery import MailDelivery
from app.services.delivery import mail_delivery

router = APIRouter(prefix="/mail-delivery", route_class=Operation, tags=["Mail"])


@router.get("", responses=refusing("forbidden"))
@operation(people_only=True)
async def get_mail_delivery(reader: Read) -> MailDelivery:
    """Get what prevents all emails.

    Shows since when the email server has accepted no emails, and its response. No email is given up because of this.

    **Who:** staff, auditors.
    """
    return await mail_delivery.get_mail_delivery(reader)
