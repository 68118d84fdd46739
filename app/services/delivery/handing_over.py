"""Handing the mails that are due over to the mail server."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.headerregistry import Address
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter

from app.db.connections import Connections, read_clock
from app.db.delivery.handing_over import DueMail, conclude, let_go, put_off, take_due
from app.db.health import list_study_centres
from app.db.identifiers import new_id
from app.db.statements import Connection
from app.delivery.composing import Outgoing, UnusableAddressError, address_of, composed
from app.delivery.smtp import Handover, Outcome, Server, ServerAwayError
from app.domain.calendar.deadlines import HELSINKI
from app.domain.delivery.mails import DateToKeep, pause_after

STATEMENT_TIMEOUT_MS = 10_000

log = structlog.get_logger()
handed_over = Counter("tuntipankki_mails", "Mails handed to the mail server", ["outcome"])


class Deliveries:
    """Takes each mail with a note that it has it, hands it over, and writes down what came of it before the next.

    A process that dies before the server's 250 leaves the mail due. One that dies between the 250 and the commit leaves
    it due too, and a second copy follows, with the same Message-ID, once the note has lapsed. A database that fails at
    that moment makes none: what the server accepted is kept in mind until it is written down, and for so long the note,
    which was committed before, keeps the other workers off.
    """

    def __init__(self, server: Server, sender: Address, first_pause: timedelta) -> None:
        self._server, self._sender, self._first_pause = server, sender, first_pause
        self._worker = new_id()
        self._accepted: dict[tuple[UUID, UUID], tuple[DueMail, Outcome]] = {}

    async def deliver_mails(self, connections: Connections) -> None:
        """Of all study centres, all that are due. Raises ServerAwayError."""
        async with Handover(self._server) as handover:
            for centre in await list_study_centres(connections):
                async with connections.apart(centre, statement_timeout_ms=STATEMENT_TIMEOUT_MS) as connection:
                    await self._write_down(centre, connection)
                    now = (await read_clock(connection) or datetime.now(UTC)).astimezone(HELSINKI)
                    while await _to_its_end(self._deliver_one(centre, connection, handover, now)):
                        pass

    async def _deliver_one(self, centre: UUID, connection: Connection, handover: Handover, now: datetime) -> bool:
        """Whether there was one."""
        mail = await take_due(connection, now, self._worker)
        if mail is None:
            return False
        try:
            outcome = await self._hand_over(mail, handover)
        except ServerAwayError:
            await let_go(connection, mail, self._worker)
            raise
        if outcome.kind == "accepted":
            self._accepted[centre, mail.id] = mail, outcome
        async with connection.transaction():
            if outcome.kind == "later":
                pause = pause_after(mail.attempts + 1, self._first_pause)
                await put_off(connection, mail, self._worker, pause, outcome.answer)
            else:
                await conclude(connection, mail, accepted=outcome.kind == "accepted", answer=outcome.answer)
        self._accepted.pop((centre, mail.id), None)
        handed_over.labels(outcome.kind).inc()
        return True

    async def _hand_over(self, mail: DueMail, handover: Handover) -> Outcome:
        """Whatever fails of one mail holds up no other. Raises ServerAwayError."""
        try:
            message = composed(_outgoing(mail), self._sender)
            return await handover.hand_over(message, self._sender, address_of(mail.name, mail.email))
        except UnusableAddressError:
            return Outcome("refused", "no mail can be addressed to it")
        except ServerAwayError:
            raise
        except Exception as error:
            # The log tells where it failed, not what of the mail was in hand.
            log.error("mail failed", mail_id=str(mail.id), exc_info=error)
            return Outcome("later", f"it could not be composed or handed over: {type(error).__name__}")

    async def _write_down(self, centre: UUID, connection: Connection) -> None:
        """What the server accepted although the database did not hear of it."""
        for key, (mail, outcome) in list(self._accepted.items()):
            if key[0] == centre:
                async with connection.transaction():
                    await conclude(connection, mail, accepted=True, answer=outcome.answer)
                del self._accepted[key]


def _outgoing(mail: DueMail) -> Outgoing:
    dates = [DateToKeep(each["uid"], date.fromisoformat(each["day"]), each["title"]) for each in mail.dates]
    return Outgoing(mail.id, mail.email, mail.name, mail.language, mail.subject, mail.text, dates, mail.made_at)


async def _to_its_end(delivering: Coroutine[Any, Any, bool]) -> bool:
    """Told to stop, the worker ends with the mail in hand: between the server's answer and the commit it must not."""
    task = asyncio.create_task(delivering)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            # It may be told more than once.
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        raise
