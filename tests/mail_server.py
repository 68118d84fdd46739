"""A real mail server for the tests (aiosmtpd), in a thread; a test sets what it does."""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

ACCEPTED = "250 2.0.0 Taken"


def accept(_: str) -> str:
    return ACCEPTED


@dataclass
class MailServer:
    """Accepts each mail, unless a test sets otherwise."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    """Mails that the server answered with 250."""
    recipients: list[str] = field(default_factory=list)
    """Recipients of each of those mails."""
    asked: list[str] = field(default_factory=list)
    """Every RCPT."""
    connections: int = 0
    logins: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    on_sender: Callable[[str], str] = accept
    """The reply to a MAIL."""
    on_recipient: Callable[[str], str] = accept
    """The reply to a RCPT; an empty reply is none, for ever."""
    on_mail: Callable[[str], str] = accept
    """The same for the end of a mail, before it is accepted."""
    on_taken: Callable[[str], None] = lambda _: None
    """Called once a mail is accepted and before its 250 leaves."""
    keeps_its_250: Literal["", "silent", "hanging up"] = ""
    """Whether a mail is accepted without the reply that confirms it."""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd calls it so.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        answer = self.on_sender(address)
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so.
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        self.asked.append(address)
        if answer := self.on_recipient(address):
            if answer.startswith("250"):
                envelope.rcpt_tos.append(address)
            return answer
        await asyncio.Event().wait()
        raise AssertionError

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - As above.
        (address,) = envelope.rcpt_tos
        answer = self.on_mail(address)
        if not answer:
            await asyncio.Event().wait()
        if answer == ACCEPTED:
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.recipients.append(address)
            self.encrypted.append(session.ssl is not None)
            self.on_taken(address)
            if self.keeps_its_250 == "hanging up":
                assert isinstance(server.transport, asyncio.WriteTransport)
                server.transport.abort()
            if self.keeps_its_250:
                await asyncio.Event().wait()
        return answer

    def login(self, *arguments: Any) -> AuthResult:
        (*_, given) = arguments
        assert isinstance(given, LoginPassword)
        self.logins += [given.login, given.password]
        return AuthResult(success=given.password == b"sala/sana", handled=False)

    def copies(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)


@contextmanager
def mail_server(
    server: MailServer | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    throughout: bool = False,
    login: bool = False,
) -> Iterator[MailServer]:
    """On a free port; with `tls` it offers STARTTLS, or uses TLS `throughout`."""
    server = server or MailServer()
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        server.connections += 1
        return SMTP(
            server,
            hostname="localhost",
            loop=loop,
            tls_context=None if throughout else tls,
            authenticator=server.login if login else None,
            auth_required=login,
            auth_require_tls=False,
        )

    listening = loop.run_until_complete(
        loop.create_server(protocol, "127.0.0.1", server.port, ssl=tls if throughout else None)
    )
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def stop() -> None:
        listening.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
