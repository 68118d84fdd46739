"""Mails of one study centre: making them, and handing them to the tests' own server."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from app.api.keys import drawn_key
from app.db.connections import Connections
from app.db.statements import Connection
from app.delivery.composing import sender_of
from app.delivery.smtp import Server
from app.delivery.tokens import TokenMailing
from app.local.embedded_postgres import Addresses
from app.services.calendar.due_reminders import send_reminders
from app.services.delivery import deliveries
from app.services.delivery.deliveries import LEASE, Deliveries
from app.services.delivery.outgoing_mails import make_mails
from app.services.people.expiring import expire_applications
from tests.builders import Centre
from tests.conftest import SECRET
from tests.mail_server import MailServer

SENDER = sender_of("Tuntipankki <tunnit@opintokeskus.example>")


TOKENS = TokenMailing(drawn_key(SECRET, "mailed tokens"), None)
"""As the service of the tests has it."""


@pytest.fixture
def make(database: Addresses, centre: Centre) -> Callable[[], None]:
    """Make the mails whose time has come."""

    return _on_a_connection(database, centre, make_mails)


@pytest.fixture
def make_with_links(database: Addresses, centre: Centre) -> Callable[[], None]:
    """Make the mails with links to the service."""
    return _on_a_connection(database, centre, partial(make_mails, public_url="https://tunnit.example.org"))


@pytest.fixture
def remind(database: Addresses, centre: Centre) -> Callable[[], None]:
    """Record the reminders whose time has come."""
    return _on_a_connection(database, centre, send_reminders)


@pytest.fixture
def expire(database: Addresses, centre: Centre) -> Callable[[], None]:
    """Mark the applications that have expired."""
    return _on_a_connection(database, centre, expire_applications)


@pytest.fixture
def deliver(database: Addresses, centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Hand over the mails that are due, of this study centre alone."""

    async def own_centre(_: Connections) -> list[Any]:
        return [centre.id]

    monkeypatch.setattr(deliveries, "list_study_centres", own_centre)

    async def delivered(
        server: MailServer,
        seconds: float,
        pause: float,
        rounds: int,
        surviving: tuple[type[Exception], ...],
        between: Callable[[], None],
        lease: float,
    ) -> None:
        connections = _connections(database)
        out = Server("127.0.0.1", server.port, seconds=seconds, seconds_to_accept=seconds)
        deliveries = Deliveries(out, SENDER, timedelta(seconds=pause), TOKENS, lease=timedelta(seconds=lease))
        try:
            for number in range(rounds):
                if number:
                    await asyncio.to_thread(between)
                with contextlib.suppress(*surviving):
                    await deliveries.deliver_mails(connections)
        finally:
            await connections.close()

    def run(
        server: MailServer,
        *,
        seconds: float = 10,
        pause: float = 0.001,
        rounds: int = 1,
        surviving: tuple[type[Exception], ...] = (),
        between: Callable[[], None] = lambda: None,
        lease: float = LEASE.total_seconds(),
    ) -> None:
        """Run in one process, as the worker: after a failed round comes the next."""
        asyncio.run(delivered(server, seconds, pause, rounds, surviving, between, lease))

    return run


def _on_a_connection(
    database: Addresses, centre: Centre, act: Callable[[Connection], Awaitable[None]]
) -> Callable[[], None]:
    async def done() -> None:
        async with _connections(database).apart(centre.id, statement_timeout_ms=10_000) as connection:
            await act(connection)

    return lambda: asyncio.run(done())


def _connections(database: Addresses) -> Connections:
    return Connections(database.service, largest=1, idle_seconds=1, statement_timeout_ms=5_000, lock_timeout_ms=4_000)
