"""Handing mails to the mail server, over one connection for many mails (RFC 5321).

A mailbox that does not exist ends a mail immediately. After another failure the mail is tried again later. A failure
before the server has heard of a recipient is not that mail's.
"""

import asyncio
import contextlib
import re
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponse,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from app.domain.delivery.mail_delivery import MailObstacle

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
NO_SUCH_MAILBOX = frozenset({550, 551, 553})
# RFC 3463: bad mailbox, bad domain, bad syntax, moved without a trace, null MX; mailbox disabled.
NO_SUCH_MAILBOX_ENHANCED = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
SIGN_IN_NEEDED = frozenset({454, 530, 534, 535, 538})
"""Replies about the sign-in (RFC 4954 §6), before a sender is accepted."""


class ServerAwayError(Exception):
    """No mail can be handed over now, whichever it is."""

    def __init__(self, obstacle: MailObstacle, answer: str) -> None:
        super().__init__(f"{obstacle}: {answer}")
        self.obstacle, self.answer = obstacle, answer


@dataclass(frozen=True)
class Server:
    """Where mails are handed over, and how long it may take."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: Literal["offered", "started", "throughout"] = "offered"
    """`offered`: STARTTLS if the server has it; `started`: always STARTTLS; `throughout`: TLS from the first byte."""
    seconds: float = 30.0
    """Time limit for connecting and for each command."""
    seconds_to_accept: float = 300.0
    """Time limit for the reply to the end of a mail: a shorter one may send a mail twice (RFC 5321 §4.5.3)."""

    @classmethod
    def at(cls, url: str) -> Self:
        """The server at `smtp://`, `smtp+starttls://` or `smtps://`, with or without a user. Raises ValueError."""
        refusal = ValueError("SMTP_URL is smtp://, smtp+starttls:// or smtps://, then [user:password@]host[:port]")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise refusal from None  # Its message may have a part of the password.
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise refusal
        return cls(
            parts.hostname,
            port or PORTS[parts.scheme],
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            {"smtp": "offered", "smtp+starttls": "started", "smtps": "throughout"}[parts.scheme],  # type: ignore[arg-type]  # One of the three.
        )


@dataclass(frozen=True)
class Outcome:
    kind: Literal["accepted", "no mailbox", "permanent", "transient"]
    answer: str
    """The server's reply, or what happened instead."""


class Handover:
    """A connection to the server, made when it is first needed and again when it is lost."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client: SMTP | None = None
        self.is_heard = False
        """Whether the server has taken a sender, so that nothing stands in the way of all mails."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client and self._client.is_connected:
            with contextlib.suppress(SMTPException, OSError):
                await self._client.quit(timeout=min(5.0, self._server.seconds))
        self._hang_up()

    async def hand_over(self, message: EmailMessage, sender: Address, recipient: Address) -> Outcome:
        """Hand one mail over. Raises ServerAwayError."""
        client = await self._begun(sender)
        try:
            await client.rcpt(recipient.addr_spec)
            answer = await client.data(message.as_bytes(), timeout=self._server.seconds_to_accept)
        except SMTPResponseException as refusal:
            await self._start_over(client)
            return _outcome_of(refusal)
        except (SMTPException, OSError) as error:
            # In the middle of a mail it is unclear which command the next reply answers.
            self._hang_up()
            return Outcome("transient", _failure_of(error))
        except Exception:
            self._hang_up()
            raise
        return Outcome("accepted", _reply_of(answer))

    async def _begun(self, sender: Address) -> SMTP:
        """A connection on which the server has taken the sender. A server may end one after some mails."""
        while True:
            used = self._client if self._client and self._client.is_connected else None
            client = used or await self._connected()
            try:
                await client.mail(sender.addr_spec)
            except (SMTPException, OSError) as error:
                self._hang_up()
                if not used:
                    raise ServerAwayError(_obstacle_of(error, "sender"), _failure_of(error)) from error
            else:
                self.is_heard = True
                return client

    async def _connected(self) -> SMTP:
        server = self._server
        client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            timeout=server.seconds,
            use_tls=server.tls == "throughout",
            start_tls={"offered": None, "started": True, "throughout": False}[server.tls],
            tls_context=ssl.create_default_context(),
        )
        try:
            await client.connect()
        except (SMTPException, OSError) as error:
            client.close()
            raise ServerAwayError(_obstacle_of(error, "unavailable"), _failure_of(error)) from error
        self._client = client
        return client

    async def _start_over(self, client: SMTP) -> None:
        try:
            await client.rset()
        except (SMTPException, OSError):
            self._hang_up()

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
        self._client = None


def _outcome_of(refusal: SMTPResponseException) -> Outcome:
    """Every refusal after the sender is this mail's: 454 to a recipient may be about relaying, not the sign-in."""
    reply = _reply_of(refusal)
    if isinstance(refusal, SMTPRecipientRefused) and refusal.code in NO_SUCH_MAILBOX:
        enhanced = re.match(r"\d\.\d{1,3}\.\d{1,3}", refusal.message)
        if enhanced is None or enhanced[0] in NO_SUCH_MAILBOX_ENHANCED:
            return Outcome("no mailbox", reply)
    return Outcome("permanent" if refusal.code >= 500 else "transient", reply)


def _obstacle_of(error: Exception, refused: MailObstacle) -> MailObstacle:
    """What stands in the way; `refused` where the server refused for good what was said to it."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLError) or "STARTTLS" in str(cause):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, SMTPAuthenticationError) or " AUTH" in str(error):
        return "sign_in"
    if isinstance(error, SMTPResponseException):
        if error.code in SIGN_IN_NEEDED:
            return "sign_in"
        return refused if error.code >= 500 else "unavailable"
    return "unavailable"


def _reply_of(answer: SMTPResponse | SMTPResponseException) -> str:
    """The reply as text that the database accepts."""
    text = f"{answer.code} {answer.message}".replace("\0", "")
    return text.encode(errors="replace").decode()[:500]


def _failure_of(error: Exception) -> str:
    if isinstance(error, SMTPTimeoutError | asyncio.TimeoutError):
        return "no answer in time"
    if isinstance(error, SMTPServerDisconnected):
        return "the connection was lost"
    if isinstance(error, SMTPResponseException):
        return _reply_of(error)
    return f"no connection: {type(error).__name__}"
