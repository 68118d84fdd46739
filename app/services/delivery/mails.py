"""The mails: for the staff all, for everybody else one's own, and a sandbox's mailbox."""

from uuid import UUID

from app.db.delivery.mails import find_mail, mailbox_listing, mails_listing
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.delivery.composing import html_of
from app.domain.delivery.mails import Mail, MailState, SandboxMail
from app.domain.errors import NotFound


async def list_mails(
    reader: Reader,
    page: PageRequest,
    *,
    person_id: UUID | None,
    organisation_id: UUID | None,
    event: str | None,
    state: MailState | None,
) -> Slice[Mail]:
    own = None if reader.actor.has("staff", "auditor") else reader.actor.person_id
    return await mails_listing.page(
        reader, page, own=own, person_id=person_id, organisation_id=organisation_id, event=event, state=state
    )


async def get_mail(reader: Reader, mail_id: UUID) -> Mail:
    mail = await find_mail(reader.connection, mail_id)
    if mail is None or not (mail.person_id == reader.actor.person_id or reader.actor.has("staff", "auditor")):
        raise NotFound
    return mail


async def list_mailbox(reader: Reader, page: PageRequest, *, to: str | None) -> Slice[SandboxMail]:
    """Those that have left by the sandbox's clock, or would leave where there is a mail server."""
    found = await mailbox_listing.page(reader, page, to=to, by=reader.now)
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
