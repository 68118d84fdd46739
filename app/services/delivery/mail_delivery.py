"""Whether emails are delivered."""

from app.db.delivery.mail_obstacles import find_mail_delivery
from app.db.sessions import Reader
from app.domain.access import check_staff_or_auditor
from app.domain.delivery.mail_delivery import DELIVERING, MailDelivery


async def get_mail_delivery(reader: Reader) -> MailDelivery:
    check_staff_or_auditor(reader.actor)
    return await find_mail_delivery(reader.connection) or DELIVERING
