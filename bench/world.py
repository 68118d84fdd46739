"""The measured world: a database of real size, an issuer of tokens, and the servers."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
from alembic import command
from alembic.config import Config
from joserfc import jwt
from joserfc.jwk import ECKey

from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import distribution, grant, pool_change
from app.local.embedded_postgres import Addresses

ROOT = Path(__file__).parent.parent
SECRET = "a secret of the benchmark, thirty-two characters or more"
CENTRALS = 80
UNITS = 10
REQUESTS = 10_000
TRANSFERS = 10_000
HOURS = 5_000_000


@dataclass(frozen=True)
class World:
    addresses: Addresses
    centre_id: UUID
    central_ids: list[UUID]
    year: int
    staff_token: str
    main_user_tokens: dict[UUID, str]
    """By central organisation: each has a main user of its own."""


@contextmanager
def issuer_of(key: ECKey) -> Iterator[str]:
    """A JWKS over HTTP."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"keys": [key.as_dict(private=False)]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - The base class names it so.
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def migrate(addresses: Addresses) -> None:
    config = Config(str(ROOT / "alembic.ini"))
    config.attributes["address"] = addresses.owner
    command.upgrade(config, "head")


def fill(addresses: Addresses, issuer: str, key: ECKey) -> World:
    """80 central organisations with ten units each, allotments, requests and transfers by the ten thousand."""
    centre_id = new_id()
    now = datetime.now(HELSINKI)
    year = now.year
    centrals = [new_id() for _ in range(CENTRALS)]
    options = f"-c app.study_centre_id={centre_id}"
    # COPY is refused under row-level security, so the superuser fills the tables.
    filler = psycopg.connect(addresses.admin, dbname="tuntipankki", options=options)
    with filler as owner, owner.cursor() as cursor:
        owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus Mitta')", [centre_id])
        people = [new_id() for _ in range(1 + CENTRALS)]
        person_id = people[0]
        cursor.executemany(
            "INSERT INTO persons (id, name, email, created_at) VALUES (%s, 'Mitta', %s, %s)",
            [(person, f"{person}@example.org", now) for person in people],
        )
        cursor.executemany(
            "INSERT INTO callers VALUES (%s, %s, %s, %s)", [(issuer, str(one), centre_id, one) for one in people]
        )
        organisations: list[tuple[UUID, str, UUID | None, UUID, str]] = []
        ancestors: list[tuple[UUID, UUID, int]] = []
        units: dict[UUID, list[UUID]] = {}
        for number, central_id in enumerate(centrals):
            organisations.append((central_id, "central", None, central_id, f"Keskusjärjestö {number}"))
            ancestors.append((central_id, central_id, 0))
            units[central_id] = [new_id() for _ in range(UNITS)]
            for place, unit_id in enumerate(units[central_id]):
                organisations.append((unit_id, "district", central_id, central_id, f"Piiri {number}.{place}"))
                ancestors += [(unit_id, unit_id, 0), (unit_id, central_id, 1)]
        with cursor.copy(
            "COPY organisations (id, kind, parent_id, central_organisation_id, name, sort_key, search_text, "
            "active_from, created_at) FROM STDIN"
        ) as copy:
            for row in organisations:
                copy.write_row((*row, row[4].lower(), row[4].lower(), date(2000, 1, 1), now))
        with cursor.copy("COPY organisation_ancestors (organisation_id, ancestor_id, distance) FROM STDIN") as copy:
            for ancestor in ancestors:
                copy.write_row(ancestor)
        cursor.executemany(
            "INSERT INTO role_grants (id, person_id, role, organisation_id, valid_from) VALUES (%s, %s, %s, %s, %s)",
            [
                (new_id(), person, "main_user" if central else "staff", central, datetime(2000, 1, 1, tzinfo=HELSINKI))
                for person, central in zip(people, [None, *centrals], strict=True)
            ],
        )
        today = now.date()
        owner.execute(
            "INSERT INTO deadlines (id, year, kind, hours_year, opens_on, closes_on, confirmed, created_at) "
            "VALUES (%s, %s, 'change_window', %s, %s, %s, true, %s)",
            [new_id(), year, year, today - timedelta(7), today + timedelta(7), now],
        )
        with cursor.copy(
            "COPY supplementary_hour_requests (id, organisation_id, year, hours, grounds, state, submitted_by, "
            "submitted_at) FROM STDIN"
        ) as copy:
            for number in range(REQUESTS):
                copy.write_row(
                    (new_id(), centrals[number % CENTRALS], year, 10, "Kysyntä kasvoi", "submitted", person_id, now)
                )
        transfers = [pool_change(HOURS)]
        for central_id in centrals:
            transfers.append(grant(central_id, HOURS // CENTRALS))
            shares = range(TRANSFERS // CENTRALS)
            transfers += [distribution(central_id, units[central_id][number % UNITS], 10) for number in shares]
        parameters = posting_of(
            year, "bench", new_id(), transfers, retry_key=bytes(32), actor_id=person_id, made_at=now
        )
        owner.execute(posting.sql, posting.set | parameters)
    with psycopg.connect(addresses.admin, autocommit=True) as admin:
        admin.execute("CHECKPOINT")
    with psycopg.connect(addresses.owner, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")

    def token_of(person: UUID) -> str:
        claims = {"iss": issuer, "aud": "tuntipankki", "sub": str(person), "exp": int(time.time()) + 86_400}
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, claims, key)

    main_users = {central: token_of(person) for person, central in zip(people[1:], centrals, strict=True)}
    return World(addresses, centre_id, centrals, year, token_of(person_id), main_users)


@contextmanager
def serving(target: str, environment: dict[str, str], port: int, probe: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Uvicorn process of one worker with uvloop and httptools; `probe` is a path that answers when it is up."""
    command_line = [sys.executable, "-m", "uvicorn", "--factory", target, "--port", str(port), "--loop", "uvloop"]
    process = subprocess.Popen(
        [*command_line, "--http", "httptools", "--no-access-log", "--log-level", "error"],
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}{probe}")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()
