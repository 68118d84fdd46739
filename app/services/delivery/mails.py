"""Mails: staff and auditors see all, everybody else their own. The sandbox has a mailbox."""

from typing import TypedDict, Unpack
from uuid import UUID

from app.db.delivery.mails import mail_resource, mailbox
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.delivery.composing import html_of
from app.domain.delivery.mails import Mail, MailState, SandboxMail


class MailFilters(TypedDict, total=False):
    person_id: UUID | None
    organisation_id: UUID | None
    event: str | None
    state: MailState | None


async def list_mails(reader: Reader, page: PageRequest, **filters: Unpack[MailFilters]) -> Slice[Mail]:
    return await mail_resource.page(reader, page, **filters)


async def get_mail(reader: Reader, mail_id: UUID) -> Mail:
    return await mail_resource.get(reader, mail_id)


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
