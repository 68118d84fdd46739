"""A sandbox with its demo data, in a database of its own beside the tests' others."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql

from app.api.keys import read_keys
from app.db.identifiers import new_id
from app.db.schema import prepared_database
from app.local.embedded_postgres import Addresses
from app.sandbox.demo.loading import load_demo
from app.sandbox.main import create_app
from app.sandbox.own_keys import with_own_keys
from app.settings import Settings
from tests.builders import Person
from tests.document import check_answer
from tests.server import NO_TLS, free_port, serving

SECRET = "a secret of the sandbox's tests, of thirty-two characters or more"


@contextmanager
def another_database(cluster: Addresses) -> Iterator[Addresses]:
    """An empty database with the same owner and service."""
    name = f"another_{secrets.token_hex(6)}"
    owner = str(urlsplit(cluster.owner).username)
    with psycopg.connect(cluster.admin, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'").format(
                sql.Identifier(name), sql.Identifier(owner)
            )
        )
        try:
            service, owner_address = (
                urlsplit(address)._replace(path=f"/{name}").geturl() for address in (cluster.service, cluster.owner)
            )
            yield Addresses(service=service, owner=owner_address, admin=cluster.admin)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def role_prefix_of(database: Addresses) -> str:
    return str(urlsplit(database.service).username).removesuffix("_service")


@dataclass
class Sandbox:
    address: str
    database: Addresses
    client: httpx.Client
    """Without a token."""
    folder: Path
    """Its `DATA_DIR`."""
    connections: httpx.HTTPTransport = field(default_factory=lambda: httpx.HTTPTransport(verify=NO_TLS))
    """Shared by hundreds of callers, since the service bounds those of one network address."""

    def person(self, email: str | None = None, **named: str) -> Person:
        """Call the service as a demo person, or as any other that `POST /v1/sandbox/tokens` can name."""
        answer = self.client.post("/v1/sandbox/tokens", json={"email": email} if email else named)
        assert answer.status_code == 200, answer.text
        return Person(new_id(), self.with_token(answer.json()["access_token"]))

    def with_token(self, token: str) -> httpx.Client:
        """Call the service with an access token or an API key."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        client = httpx.Client(base_url=self.address, headers=headers, timeout=60, transport=self.connections)
        client.event_hooks = {"response": [check_answer]}
        return client

    def clock(self, now: str) -> None:
        assert self.client.put("/v1/sandbox/clock", json={"now": now}).status_code == 200

    def reset(self) -> None:
        assert self.client.post("/v1/sandbox/reset").status_code == 204

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """As the superuser, who sees every study centre."""
        with psycopg.connect(self.database.admin, dbname=urlsplit(self.database.owner).path[1:]) as connection:
            return connection.execute(statement, list(parameters)).fetchall()


@contextmanager
def serving_sandbox(cluster: Addresses) -> Iterator[Sandbox]:
    """With the demo data unchanged."""
    with another_database(cluster) as database, TemporaryDirectory(prefix="sandbox-") as folder:
        port = free_port()
        settings = Settings(
            database_url=database.service,
            owner_database_url=database.owner,
            secret_key=SECRET,
            sandbox=True,
            log_level="ERROR",
            own_address=f"http://127.0.0.1:{port}",
            data_dir=Path(folder),
        )
        settings = with_own_keys(settings)
        with prepared_database(database.owner, role_prefix_of(database), sandbox=True):
            assert load_demo(database.owner, lambda: read_keys(settings))
        with (
            serving(create_app(settings), port) as address,
            httpx.Client(base_url=address, headers={"Accept-Language": "en"}, timeout=60, verify=NO_TLS) as client,
        ):
            client.event_hooks = {"response": [check_answer]}
            sandbox = Sandbox(address, database, client, Path(folder))
            yield sandbox
            sandbox.connections.close()
