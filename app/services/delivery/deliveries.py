"""Deliveries: mails that are due are handed over to the mail server."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta
from email.headerregistry import Address
from typing import Any, Literal, get_args
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from psycopg import Error

from app.db.connections import Connections
from app.db.delivery.deliveries import (
    DueMail,
    conclude,
    is_mail_due,
    let_go,
    note_mailbox,
    postpone,
    renew,
    take_due_mail,
)
from app.db.delivery.mail_obstacles import note_mail_obstacle
from app.db.health import list_study_centres
from app.db.identifiers import new_id
from app.db.people.study_centres import get_study_centre
from app.db.statements import Connection
from app.delivery.composing import MisreadError, Outgoing, UnusableAddressError, address_of, composed
from app.delivery.smtp import Handover, Outcome, Server, ServerAwayError
from app.delivery.tokens import TokenMailing
from app.domain.delivery.mail_delivery import MailObstacle
from app.domain.delivery.mails import DateToKeep, is_given_up, pause_after
from app.services.delivery.attached_letters import read_files

STATEMENT_TIMEOUT_MS = 10_000
LEASE = timedelta(minutes=1)
"""How long a mail that a worker has taken is left alone by the others, unless the worker renews it."""
RENEWALS = 4
"""How often a lease is renewed before it would end."""

log = structlog.get_logger()
handed_over = Counter("tuntipankki_mails", "Mails handed to the mail server", ["outcome"])
obstructed = Gauge("tuntipankki_mail_obstructed", "Whether this stands in the way of all mails", ["obstacle"])


class Deliveries:
    """Take each mail with a note of the worker, hand it over, and write down the outcome before the next.

    If the process dies before the server's 250, the mail stays due. If it dies between the 250 and the commit, the mail
    stays due too, and a second copy with the same Message-ID is sent once the note has lapsed. The note is a lease of a
    minute, which is renewed as long as the server takes. A database that fails at
    that moment causes no copy: the outcome is remembered until it can be written down, and until then the note, which
    was committed before, keeps the other workers away.
    """

    def __init__(
        self,
        server: Server,
        sender: Address,
        first_pause: timedelta,
        tokens: TokenMailing,
        *,
        keeps_tokens: bool = False,
        lease: timedelta = LEASE,
    ) -> None:
        """`keeps_tokens` is for a sandbox, whose mailbox shows sent mails with their tokens."""
        self._server, self._sender, self._first_pause = server, sender, first_pause
        self._tokens, self._keeps_tokens = tokens, keeps_tokens
        self._worker, self._lease = new_id(), lease
        self._noted: MailObstacle | Literal["unknown"] | None = "unknown"
        self._accepted: dict[tuple[UUID, UUID], tuple[DueMail, Outcome]] = {}

    async def deliver_mails(self, connections: Connections) -> None:
        """Deliver all mails that are due in all study centres. Raise ServerAwayError, once staff can see why."""
        centres = await list_study_centres(connections)
        is_any_due = False
        try:
            async with Handover(self._server) as handover:
                for centre in centres:
                    async with connections.apart(centre, statement_timeout_ms=STATEMENT_TIMEOUT_MS) as connection:
                        await self._write_down_accepted(centre, connection)
                        now = (await get_study_centre(connection)).now
                        while await _uninterrupted(self._deliver_one(centre, connection, handover, now)):
                            pass
                        if self._noted and not is_any_due:
                            is_any_due = await is_mail_due(connection, now)
        except ServerAwayError as away:
            await self._note_obstacle(connections, centres, away.obstacle, away.answer)
            raise
        if handover.is_heard or not is_any_due:
            await self._note_obstacle(connections, centres, None)

    async def _deliver_one(self, centre: UUID, connection: Connection, handover: Handover, now: datetime) -> bool:
        """Deliver the next mail, and return whether there was one."""
        mail = await take_due_mail(connection, now, self._worker, self._lease)
        if mail is None:
            return False
        try:
            async with self._keeping(mail, connection):
                outcome = await self._hand_over(mail, connection, handover)
        except ServerAwayError:
            await let_go(connection, mail, self._worker)
            raise
        if outcome.kind == "accepted":
            self._accepted[centre, mail.id] = mail, outcome
        tries = mail.attempts + 1
        is_over = outcome.kind in {"accepted", "no mailbox"} or is_given_up(
            is_permanent=outcome.kind == "permanent", tries=tries, tried_for=mail.tried_for
        )
        async with connection.transaction():
            if is_over:
                await self._conclude(connection, mail, outcome)
            else:
                pause = pause_after(tries, self._first_pause)
                await postpone(connection, mail, self._worker, pause, outcome.answer)
        self._accepted.pop((centre, mail.id), None)
        handed_over.labels("accepted" if outcome.kind == "accepted" else "refused" if is_over else "later").inc()
        return True

    @asynccontextmanager
    async def _keeping(self, mail: DueMail, connection: Connection) -> AsyncIterator[None]:
        """Renew the lease meanwhile."""
        ended = asyncio.Event()

        async def renewing() -> None:
            while not ended.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), self._lease.total_seconds() / RENEWALS)
                    return
                await renew(connection, mail, self._worker)

        task = asyncio.create_task(renewing())
        try:
            yield
        finally:
            ended.set()
            # If the database fails, so does what writes the outcome down.
            with suppress(Error):
                await task

    async def _note_obstacle(
        self, connections: Connections, centres: Sequence[UUID], obstacle: MailObstacle | None, answer: str = ""
    ) -> None:
        """Let staff and operators see what stands in the way of all mails."""
        for each in get_args(MailObstacle):
            obstructed.labels(each).set(each == obstacle)
        if obstacle == self._noted:
            return
        for centre in centres:
            async with connections.apart(centre, statement_timeout_ms=STATEMENT_TIMEOUT_MS) as connection:
                await note_mail_obstacle(connection, obstacle, answer)
        self._noted = obstacle

    async def _hand_over(self, mail: DueMail, connection: Connection, handover: Handover) -> Outcome:
        """Hand over one mail. No failure but ServerAwayError is raised, so that other mails are not held up."""
        try:
            message = composed(self._outgoing(mail, await read_files(connection, mail.attachments)), self._sender)
            return await handover.hand_over(message, self._sender, address_of(mail.name, mail.email))
        except UnusableAddressError:
            return Outcome("no mailbox", "no mail can be addressed to it")
        except MisreadError:
            return Outcome("permanent", "its header would be misread")
        except ServerAwayError:
            raise
        except Exception as error:
            # The log says where the failure was, and nothing of the mail's content.
            log.error("mail failed", mail_id=str(mail.id), exc_info=error)
            return Outcome("transient", f"it could not be composed or handed over: {type(error).__name__}")

    async def _write_down_accepted(self, centre: UUID, connection: Connection) -> None:
        """Write down the mails that the server accepted while the database failed."""
        for key, (mail, outcome) in list(self._accepted.items()):
            if key[0] == centre:
                async with connection.transaction():
                    await self._conclude(connection, mail, outcome)
                del self._accepted[key]

    async def _conclude(self, connection: Connection, mail: DueMail, outcome: Outcome) -> None:
        accepted = outcome.kind == "accepted"
        is_concluded = await conclude(
            connection, mail, accepted=accepted, answer=outcome.answer, keeps_token=self._keeps_tokens
        )
        # A mail with a token goes to an address that is not yet known to be its recipient's.
        is_about_mailbox = outcome.kind in {"accepted", "no mailbox"} and not mail.sealed_token
        if is_concluded and mail.person_id and is_about_mailbox:
            await note_mailbox(connection, mail.person_id, exists=accepted)

    def _outgoing(self, mail: DueMail, files: Sequence[tuple[str, str, bytes]]) -> Outgoing:
        dates = [
            DateToKeep(
                each["uid"],
                date.fromisoformat(each["day"]),
                each["title"],
                each.get("description", ""),
                each.get("link"),
            )
            for each in mail.dates
        ]
        text = self._tokens.shown(mail.text, mail.sealed_token, mail.id)
        return Outgoing(
            mail.id,
            mail.email,
            mail.name,
            mail.language,
            mail.subject,
            text,
            dates,
            mail.made_at,
            self._tokens.public_url,
            files,
        )


async def _uninterrupted(delivering: Coroutine[Any, Any, bool]) -> bool:
    """Complete the delivery of one mail when the worker is cancelled, which must not stop between the server's response
    and the commit."""
    task = asyncio.create_task(delivering)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            # The worker may be cancelled more than once.
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise
