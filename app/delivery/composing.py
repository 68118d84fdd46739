"""A mail as it travels: text and HTML, and an iCalendar part where there are days to keep (RFC 5322, RFC 2045)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from uuid import UUID

from app.delivery.addresses import in_ascii
from app.delivery.headers import ENCODED, field_of, is_read_as, mailbox_field, one_line, text_field
from app.domain.delivery.mails import DateToKeep
from app.domain.organisations.organisations import Language

# Every server accepts seven bits, also without 8BITMIME.
POLICY = SMTP.clone(cte_type="7bit")


class UnusableAddressError(ValueError):
    """An address that no mail can have."""


class MisreadError(ValueError):
    """A header that is not read as it was meant."""


@dataclass(frozen=True)
class Outgoing:
    """A mail that is to leave."""

    id: UUID
    address: str
    name: str
    language: Language
    subject: str
    text: str
    dates: Sequence[DateToKeep]
    made_at: datetime
    public_url: str | None = None
    """The origin whose URLs are links in the HTML."""
    files: Sequence[tuple[str, str, bytes]] = ()
    """The name, media type and content of each attached file."""


def address_of(name: str, address: str) -> Address:
    """The address with its domain in ASCII, as DNS has it. Raises UnusableAddressError."""
    user, _, domain = address.rpartition("@")
    try:
        found = Address(one_line(name), user, in_ascii(domain))
        found.addr_spec.encode("ascii")
    except (ValueError, IndexError) as error:
        raise UnusableAddressError from error
    if not user or not domain or ENCODED in user:
        raise UnusableAddressError
    return found


def sender_of(mail_from: str) -> Address:
    """The address from `Name <address>` or from an address alone. Raises UnusableAddressError."""
    name, address = parseaddr(mail_from)
    try:
        return address_of(name, address)
    except UnusableAddressError as error:
        raise UnusableAddressError("MAIL_FROM needs an email address: Name <name@example.org>") from error


def composed(mail: Outgoing, sender: Address) -> EmailMessage:
    """The message, the same at each attempt, with the same Message-ID.

    Raises UnusableAddressError, or MisreadError if a reader of its header would find other mailboxes than meant.
    """
    message = EmailMessage(policy=POLICY)
    mailboxes = {"From": sender, "To": address_of(mail.name, mail.address)}
    for name, mailbox in mailboxes.items():
        message[name] = mailbox_field(name, mailbox)
    message["Subject"] = text_field("Subject", mail.subject)
    message["Date"] = format_datetime(mail.made_at)
    message["Message-ID"] = field_of("Message-ID", f"<{mail.id}@{sender.domain}>")
    # Automatic replies are not sent to it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text + "\n")
    message.add_alternative(html_of(mail.subject, mail.text, mail.language, mail.public_url), subtype="html")
    if mail.dates:
        # It imports the library of calendar files, which no request needs.
        from app.delivery.calendars import calendar_of_mail

        calendar = calendar_of_mail(mail.dates, mail.made_at).decode()
        message.add_attachment(calendar, subtype="calendar", filename="tuntipankki.ics", params={"method": "PUBLISH"})
    for name, media_type, content in mail.files:
        main_type, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=main_type, subtype=subtype, filename=name)
    # Setting content and attaching files would remove it or move it into a part.
    message["Content-Language"] = mail.language
    if not is_read_as(message.as_bytes(), {"Subject": mail.subject}, mailboxes):
        raise MisreadError
    return message


_HTML = """\
<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{subject}</title></head>
<body style="margin:0;padding:24px 12px;background:#f3f5f7;color:#1b2733;\
font:16px/1.5 Arial,Helvetica,sans-serif">
<table role="presentation" align="center" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px">
<tr><td style="padding:28px 32px;background:#ffffff;border-top:4px solid #1f5f8b">
<h1 style="margin:0 0 20px;font-size:20px;line-height:1.3;color:#123a56">{subject}</h1>
{paragraphs}
</td></tr>
</table>
</body>
</html>
"""
_PARAGRAPH = '<p style="margin:0 0 16px">{lines}</p>'


def html_of(subject: str, text: str, language: Language, public_url: str | None = None) -> str:
    """The same text as HTML, without images and scripts. Links lead to the service alone, whatever people wrote."""
    return _HTML.format(
        language=language,
        subject=escape(subject),
        paragraphs="\n".join(_PARAGRAPH.format(lines=lines) for lines in paragraphs_of(text, public_url)),
    )


def paragraphs_of(text: str, public_url: str | None) -> list[str]:
    """The HTML within each paragraph."""

    def linked(paragraph: str) -> str:
        if public_url is None:
            return paragraph
        return re.sub(rf"{re.escape(public_url)}/[^\s<>]+", r'<a href="\g<0>">\g<0></a>', paragraph)

    return [linked(escape(paragraph)).replace("\n", "<br>\n") for paragraph in text.split("\n\n")]
