"""A mail's header, whatever its texts are."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from app.delivery.composing import Outgoing, UnusableAddressError, address_of, composed, sender_of

SENDER = sender_of("Opintokeskus <opintokeskus@example.org>")
PLAIN = Outgoing(UUID(int=1), "aino@example.org", "Aino", "fi", "Hei", "Hei!", [], datetime(2023, 3, 15, tzinfo=UTC))
# Decoded in the header, it would end the line and begin others.
LINES = "=?utf-8?q?Hei=0D=0ABcc:_muu@example.org=0D=0A=0D=0A<p>?="


def arrived(**members: Any) -> EmailMessage:
    """The message as its receiver reads it."""
    mail = message_from_bytes(bytes(composed(replace(PLAIN, **members), SENDER)), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.mark.parametrize("before", ["", "Ääni ", "a" * 200])
@pytest.mark.parametrize("member", ["subject", "name"])
def test_no_text_adds_a_line_to_the_header(member: str, before: str) -> None:
    mail = arrived(**{member: before + LINES})
    assert mail.keys() == arrived().keys()
    texts = {"subject": str(mail["Subject"]), "name": mail["To"].addresses[0].display_name}
    # Between two encoded words a reader may see a space.
    assert re.sub(r"[\u2060 ]", "", texts[member]) == (before + LINES).replace(" ", "")
    assert mail["To"].addresses[0].addr_spec == "aino@example.org"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Hei!"


def test_an_address_that_a_header_would_misread_is_refused() -> None:
    with pytest.raises(UnusableAddressError):
        address_of("Aino", "=?utf-8?q?aino?=@example.org")


def test_a_sender_without_an_address_is_refused_by_the_name_of_its_setting() -> None:
    with pytest.raises(UnusableAddressError, match="MAIL_FROM needs an email address"):
        sender_of("Opintokeskus Esimerkki")


def test_only_urls_of_the_service_are_links_in_the_html() -> None:
    origin = "https://tunnit.example.org"
    link = f"{origin}/docs#/Role%20applications/decide"
    text = f"Hakija: https://muu.example/a <b>\n\nAvaa: {link}\n\n{origin}.muu.example/c"
    mail = arrived(text=text, public_url=origin)
    body = mail.get_body(("html",))
    assert body is not None
    assert re.findall(r'<a href="(.*?)">(.*?)</a>', body.get_content()) == [(link, link)]
    assert "<b>" not in body.get_content()
