"""The measured world: a database of real size, an issuer of tokens, and the servers."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import psycopg
from alembic import command
from alembic.config import Config
from joserfc import jwt
from joserfc.jwk import ECKey

from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.ledger import distribution, grant, pool_change
from app.local.embedded_postgres import Addresses, running_postgres
from bench.load import megabytes, processor_seconds, tree_of

ROOT = Path(__file__).parent.parent
SECRET = "a secret of the benchmark, thirty-two characters or more"
CENTRALS = 80
UNITS = 10
HOURS = 5_000_000
SMALLEST = 10_000
"""Supplementary requests and transfers in every world."""
# Rows by themselves: balances are not moved with them, and the requests that are measured do not compare them.
# Constraints to other tables are not checked meanwhile, since the rows are right and checking takes minutes.
MORE = """
SET session_replication_role = replica;
CREATE TEMPORARY TABLE places AS
    SELECT row_number() OVER (ORDER BY central_organisation_id, id) - 1 AS n, central_organisation_id AS central, id
    FROM organisations WHERE id <> central_organisation_id;
INSERT INTO hour_transfers (id, year, kind, hours, central_organisation_id, from_account, from_organisation_id,
    to_account, to_organisation_id, cause_type, cause_id, made_at, retry_key, ordinal)
SELECT uuidv7(), %(year)s, 'distribution', 1, p.central, 'common', p.central, 'allotment', p.id, 'bench', p.id, now(),
    sha256(('transfer' || i)::bytea), 1
FROM generate_series(1, %(rows)s) i JOIN places p ON p.n = i %% %(units)s;
INSERT INTO supplementary_hour_requests (id, organisation_id, year, hours, grounds, state, submitted_by, submitted_at)
SELECT uuidv7(), p.id, %(year)s, 10, 'Kysyntä kasvoi', 'submitted', %(person)s, now()
FROM generate_series(1, %(rows)s) i JOIN places p ON p.n = i %% %(units)s;
INSERT INTO stored_answers (key_digest, request_digest, status, headers, body)
SELECT sha256(('key' || i)::bytea), sha256(('request' || i)::bytea), 201, '{"ETag": "1"}', repeat('x', 300)::bytea
FROM generate_series(1, %(rows)s) i;
INSERT INTO audit_entries (id, actor_id, action, subject_id, organisation_id, facts, request_id, made_at)
SELECT uuidv7(), %(person)s, 'hour-return.booked', p.id, p.central, '{"hours": 1}', 'bench', now()
FROM generate_series(1, %(rows)s) i JOIN places p ON p.n = i %% %(units)s;
DROP TABLE places;
SET session_replication_role = DEFAULT;
"""


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


def fill(addresses: Addresses, issuer: str, key: ECKey, rows: int | None) -> World:
    """80 central organisations with ten units each, and `rows` requests, transfers, stored answers and audit entries.

    None is a fresh database: no stored answers and audit entries, and PostgreSQL has not analysed any table.
    """
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
            for number in range(SMALLEST):
                copy.write_row(
                    (new_id(), centrals[number % CENTRALS], year, 10, "Kysyntä kasvoi", "submitted", person_id, now)
                )
        transfers = [pool_change(HOURS)]
        for central_id in centrals:
            transfers.append(grant(central_id, HOURS // CENTRALS))
            shares = range(SMALLEST // CENTRALS)
            transfers += [distribution(central_id, units[central_id][number % UNITS], 10) for number in shares]
        parameters = posting_of(
            year, "bench", new_id(), transfers, retry_key=bytes(32), actor_id=person_id, made_at=now
        )
        owner.execute(posting.sql, posting.set | parameters)
    with psycopg.connect(addresses.admin, dbname="tuntipankki", autocommit=True, options=options) as admin:
        if rows is None:
            admin.execute("ALTER SYSTEM SET autovacuum = off")
            admin.execute("SELECT pg_reload_conf()")
        else:
            values = {"year": year, "person": person_id, "units": CENTRALS * UNITS, "rows": rows - SMALLEST}
            for statement in MORE.split(";\n"):
                psycopg.ClientCursor(admin).execute(statement, values)
            admin.execute("VACUUM ANALYZE")
        numbered = "SELECT n, id FROM unnest(%s::uuid[]) WITH ORDINALITY c (id, n)"
        psycopg.ClientCursor(admin).execute(f"CREATE TABLE bench_centrals AS {numbered}", [centrals])
        admin.execute("CHECKPOINT")

    def token_of(person: UUID) -> str:
        claims = {"iss": issuer, "aud": "tuntipankki", "sub": str(person), "exp": int(time.time()) + 86_400}
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, claims, key)

    main_users = {central: token_of(person) for person, central in zip(people[1:], centrals, strict=True)}
    return World(addresses, centre_id, centrals, year, token_of(person_id), main_users)


@contextmanager
def filled(rows: int | None, *, durable: bool) -> Iterator[tuple[World, str, Path]]:
    """A running database with so many rows, the issuer of its people's tokens, and the directory of its data."""
    key = ECKey.generate_key("P-256", {"kid": "bench"})
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory) / "data"
        with running_postgres(data_dir, durable=durable) as addresses, issuer_of(key) as issuer:
            migrate(addresses)
            yield fill(addresses, issuer, key, rows), issuer, data_dir


@dataclass
class Server:
    pid: int
    port: int
    seconds: float
    """From the start of the process to the first good answer."""
    processor_seconds: float
    megabytes: float


@contextmanager
def serving(command: list[str], environment: dict[str, str], port: int, probe: bytes) -> Iterator[Server]:
    """Start a server of one worker; `probe` is a request that it answers well when it is up."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
    try:
        while not _answers(port, probe):
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"{' '.join(command)} does not answer")
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        pids = tree_of(process.pid)
        yield Server(process.pid, port, seconds, processor_seconds(pids), max(map(megabytes, pids)))
    finally:
        process.terminate()
        process.wait()


def _answers(port: int, probe: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(probe)
            return connection.recv(16).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
