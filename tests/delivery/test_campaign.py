"""A campaign to a thousand people, through workers that are killed and a server that refuses a third at first, and is
away for a while.

Each gets it. A second copy comes only where a worker dies between the server's 250 and the commit, which is forced
here at one mail: the worker is stopped before the 250 leaves, and killed once it is in its buffers.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.db.schema import prepared_database
from app.local.embedded_postgres import Addresses
from tests.builders import FOREVER
from tests.conftest import SECRET
from tests.mail_server import ACCEPTED, MailServer, mail_server
from tests.sandbox import another_database, role_prefix_of

PEOPLE = 1000


@dataclass
class Worker:
    """The worker's process, started again each time it was killed."""

    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    killed: int = 0

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.worker"], env=self.environment, stdout=subprocess.DEVNULL
        )

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.killed += 1

    def is_gone(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def campaign(postgres_cluster: Addresses) -> Iterator[tuple[Addresses, psycopg.Connection[Any]]]:
    """A database with a study centre of a thousand main users, and a message to all of them that is due."""
    with another_database(postgres_cluster) as database:
        with prepared_database(database.owner, role_prefix_of(database), sandbox=False):
            pass
        centre, staff, organisation, message = (new_id() for _ in range(4))
        with psycopg.connect(database.owner, autocommit=True, options=f"-c app.study_centre_id={centre}") as owner:
            owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus Esimerkki')", [centre])
            owner.execute(
                "INSERT INTO organisations (id, kind, central_organisation_id, name, sort_key, search_text, "
                "active_from, created_at) VALUES (%s, 'central', %s, 'Järjestö', 'j', 'j', '2000-01-01', now())",
                [organisation, organisation],
            )
            owner.execute(
                "INSERT INTO persons (id, name, email, created_at) SELECT gen_random_uuid(), 'Aino ' || n, "
                "'aino' || n || '@example.org', now() FROM generate_series(1, %s) n",
                [PEOPLE],
            )
            owner.execute(
                "UPDATE persons SET verified_email = email, verified_email_key = email, verified_at = created_at"
            )
            owner.execute(
                "INSERT INTO role_grants (id, person_id, role, organisation_id, valid_from) "
                "SELECT gen_random_uuid(), id, 'main_user', %s, %s FROM persons",
                [organisation, FOREVER],
            )
            owner.execute(
                "INSERT INTO callers (issuer, subject, study_centre_id, person_id) "
                "SELECT 'https://issuer.example', 'aino', %s, id FROM persons LIMIT 1",
                [centre],
            )
            owner.execute(
                "INSERT INTO messages (id, texts, audience, organisation_ids, state, made_by, made_at, scheduled_at) "
                "VALUES (%s, %s, 'main_users', '{}', 'scheduled', %s, now(), now())",
                [message, Jsonb({"fi": {"subject": "Kutsu", "body": "Tervetuloa, {name}!"}}), staff],
            )
            yield database, owner


@pytest.mark.long
def test_each_of_a_thousand_gets_it_and_only_the_forced_moment_makes_a_second_copy(
    campaign: tuple[Addresses, psycopg.Connection[Any]],
) -> None:
    database, owner = campaign
    server = MailServer()
    refused: set[str] = set()
    twice: list[str] = []

    def refuse_a_third_at_first(address: str) -> str:
        if hash_of(address) % 3 == 0 and address not in refused:
            refused.add(address)
            return "451 4.7.1 Greylisted"
        return ACCEPTED

    def at_recipient(address: str) -> str:
        # Before the server has a mail, the worker's death costs nothing.
        if len(server.asked) in {100, 900}:
            worker.signal(signal.SIGKILL)
        return refuse_a_third_at_first(address)

    def at_end(_: str) -> str:
        # It has the mail, and dies with the worker before its reply: the mail is lost.
        if len(server.mails) == 300 and worker.killed == 1:
            worker.signal(signal.SIGKILL)
            return "451 4.3.0 The connection was lost"
        return ACCEPTED

    def once_taken(address: str) -> None:
        # The 250 is on its way to a worker that will not read it.
        if len(server.mails) == 500:
            twice.append(address)
            worker.signal(signal.SIGSTOP)

    server.on_recipient, server.on_mail, server.on_taken = at_recipient, at_end, once_taken
    with ExitStack() as serving:
        serving.enter_context(mail_server(server))
        worker = Worker(
            os.environ
            | {
                "DATABASE_URL": database.service,
                "SECRET_KEY": SECRET,
                "SMTP_URL": f"smtp://127.0.0.1:{server.port}",
                "MAIL_FROM": "tunnit@opintokeskus.example",
                "MAIL_RETRY_SECONDS": "1",
                "LOG_LEVEL": "ERROR",
            }
        )
        try:
            _run_until(worker, owner, twice, lambda: len(server.mails) > 600)
            port = server.port
            serving.pop_all().close()
            time.sleep(1)
            serving.enter_context(mail_server(server))
            assert server.port == port
            _run_until(worker, owner, twice, lambda: sent(owner) == PEOPLE)
        finally:
            worker.stop()
    assert worker.killed == 4
    assert len(refused) > PEOPLE / 4
    assert set(server.recipients) == {f"aino{number}@example.org" for number in range(1, PEOPLE + 1)}
    assert sorted(address for address in set(server.recipients) if server.recipients.count(address) > 1) == twice
    assert len(server.mails) == PEOPLE + 1
    # Both copies are the same mail.
    assert len(server.copies()) == PEOPLE


def _run_until(
    worker: Worker, owner: psycopg.Connection[Any], twice: list[str], is_reached: Callable[[], bool]
) -> None:
    until = time.monotonic() + 120
    while not is_reached():
        assert time.monotonic() < until, owner.execute("SELECT state, count(*) FROM mails GROUP BY 1").fetchall()
        if worker.is_gone():
            # The mail of the killed worker waits until its note has lapsed, which is soon here.
            owner.execute("UPDATE mails SET taken_at = taken_at - interval '1 hour' WHERE taken_at IS NOT NULL")
            worker.start()
        if twice and worker.killed == 2:
            # Stopped with the server's reply unread: its commit never comes.
            time.sleep(0.2)
            worker.signal(signal.SIGKILL)
        time.sleep(0.05)


def sent(owner: psycopg.Connection[Any]) -> int:
    row = owner.execute("SELECT count(*) FROM mails WHERE state = 'sent'").fetchone()
    assert row
    return int(row[0])


def hash_of(address: str) -> int:
    return int(urlsplit(f"//{address}").username.removeprefix("aino"))  # type: ignore[union-attr]  # It has one.
