"""Mails: staff and auditors see all, everybody else their own. The sandbox has a mailbox."""

from app.db.delivery.mails import mail_resource, mailbox
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.delivery.composing import html_of
from app.domain.delivery.mails import SandboxMail

list_mails = mail_resource.page
get_mail = mail_resource.get


async def list_mailbox(reader: Reader, page: PageRequest, *, to: str | None) -> Slice[SandboxMail]:
    """The mails that have left by the sandbox's clock, or would have left through a mail server."""
    found = await mailbox.page(reader, page, to=to)
    return Slice(
        [
            SandboxMail(
                mail.id,
                mail.address,
                mail.subject,
                mail.text,
                html_of(mail.subject, mail.text, mail.language),
                mail.event,
                mail.state,
                mail.made_at,
            )
            for mail in found.items
        ],
        found.next_key,
        found.total,
    )
