"""State of the edge for the life of the process, made once in create_app."""

import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import structlog
from fastapi import APIRouter

from app.api.addresses import Proxies
from app.api.front_page import Welcome
from app.api.issuers import IssuerKeys, IssuerMetadata, fetch_keys
from app.api.keys import Seal, drawn_key, keyed, read_keys, token_mailing
from app.api.tokens import Verifier
from app.db.callers import Caller, PersonRights, read_person_rights
from app.db.connections import Connections
from app.db.refusals import refusal_of
from app.db.sessions import Reader, Writer
from app.db.statements import Connection
from app.db.transactions import read_clock, write_down
from app.documents.signatures import Trust
from app.documents.trust import read_trust
from app.domain.access import Actor
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import AlreadyExists
from app.services.people.email_verifications import believe_issuer
from app.settings import Settings

log = structlog.get_logger()

RIGHTS_KEPT_SECONDS = 20.0
"""A role that was ended must stop working within a minute (promises §2), and most readers call again within seconds."""


@dataclass(frozen=True, kw_only=True)
class Extension:
    """What a sandbox adds to the service (app/sandbox/main.py); production adds nothing."""

    routers: Sequence[APIRouter] = ()
    """Operations below `/v1`, after the service's own."""
    issuers: Sequence[IssuerKeys] = ()
    """Issuers of tokens, besides those in the settings."""
    roots: Sequence[bytes] = ()
    """Certificates (DER) that are trusted in documents, besides those in the settings."""
    welcome: Welcome | None = None
    """What the front page says about it."""
    reads_clock: bool = False
    """Whether the database has a clock that can be set. Otherwise the present is real time."""


class Backend:
    def __init__(self, settings: Settings, connections: Connections, extension: Extension) -> None:
        secret = settings.secret_key.get_secret_value()
        self.settings = settings
        self.connections = connections
        self.proxies = Proxies(settings.trusted_proxies)
        self.cursor_key = drawn_key(secret, "cursors")
        self.tokens = token_mailing(settings)
        self._extension = extension
        self.welcome = extension.welcome
        self.keys = read_keys(settings)
        self.trust()  # A file that cannot be read stops the start.
        self.sign_in = next((IssuerMetadata(issuer) for issuer in settings.oidc_issuers if issuer.client_id), None)
        """The issuer where Swagger UI signs in."""
        issuers = [IssuerKeys(issuer, fetch_keys) for issuer in settings.oidc_issuers]
        self.verifier = Verifier(connections, [*issuers, *extension.issuers], self._believe_issuer)
        self._rights: dict[tuple[UUID, UUID], tuple[float, PersonRights]] = {}

    def trust(self) -> Trust:
        """Return whose signatures in documents are accepted; read again each time, since revocation lists change."""
        settings = self.settings
        return read_trust(settings.signature_roots, settings.signature_revocation_lists, *self._extension.roots)

    @asynccontextmanager
    async def reading(self, caller: Caller) -> AsyncIterator[Reader]:
        """Run each statement of a read by itself, without a transaction."""
        async with self.connections.connection(caller.study_centre_id) as connection:
            yield await self._reader_of(caller, connection)

    @asynccontextmanager
    async def reading_snapshot(self, caller: Caller) -> AsyncIterator[Reader]:
        """Run all statements of a read on one snapshot, for as long as it takes."""
        async with self.connections.snapshot(caller.study_centre_id) as connection:
            yield await self._reader_of(caller, connection)

    async def _reader_of(self, caller: Caller, connection: Connection) -> Reader:
        now = self.instant(await read_clock(connection) if self._extension.reads_clock else None)
        return Reader(connection, self.actor(caller, await self._rights_of(caller, connection), now), now)

    @asynccontextmanager
    async def writing(self, caller: Caller, request_id: str = "") -> AsyncIterator[Writer]:
        """Write in one transaction outside an operation, without a retry key."""
        try:
            async with self.connections.connection(caller.study_centre_id) as connection, connection.transaction():
                now = self.instant(await read_clock(connection) if self._extension.reads_clock else None)
                actor = self.actor(caller, PersonRights(), now)
                writer = Writer(connection, actor, now, retry_key=secrets.token_bytes(32), request_id=request_id)
                yield writer
                await write_down(writer)
        except psycopg.Error as error:
            if refusal := refusal_of(error):
                raise refusal from error
            raise

    async def _believe_issuer(self, caller: Caller, request_id: str) -> None:
        """Without success if the address is lost to another or the database takes no writes: the request may read."""
        try:
            async with self.writing(caller, request_id) as writer:
                await believe_issuer(writer)
        except (AlreadyExists, psycopg.Error) as error:
            log.warning("address not verified", person_id=str(caller.person_id), error=type(error).__name__)

    async def _rights_of(self, caller: Caller, connection: Connection) -> PersonRights:
        if caller.key:
            return PersonRights()
        kept_until, rights = self._rights.get((caller.study_centre_id, caller.person_id), (0.0, PersonRights()))
        if time.monotonic() >= kept_until:
            rights = await read_person_rights(connection, caller.person_id)
            self.remember_rights(caller, rights)
        return rights

    def actor(self, caller: Caller, rights: PersonRights, now: datetime, name: str | None = None) -> Actor:
        """A person with the roles in force; a key with the one role that it acts in, and its scopes."""
        if caller.key:
            return Actor.at(caller.person_id, [caller.key.grant], now, scopes=caller.key.scopes, name=name)
        return Actor.at(
            caller.person_id,
            rights.roles,
            now,
            authentication=caller.authentication,
            other_ids=rights.other_ids,
            name=name,
        )

    def body_key(self, retry_key: str) -> bytes:
        """For the digest of a body that has a secret."""
        return keyed(drawn_key(self.settings.secret_key.get_secret_value(), "digests"), retry_key)

    def seal(self, retry_key: str) -> Seal:
        """The seal of the answers to requests with that Idempotency-Key."""
        return Seal(drawn_key(self.settings.secret_key.get_secret_value(), "stored answers"), retry_key)

    def remember_rights(self, caller: Caller, rights: PersonRights) -> None:
        """Rights without roles are never kept: a person who has just got the first role need not wait."""
        key = (caller.study_centre_id, caller.person_id)
        if rights.roles:
            self._rights[key] = (time.monotonic() + RIGHTS_KEPT_SECONDS, rights)
        else:
            self._rights.pop(key, None)

    def forget_rights_changed_by(self, writer: Writer, study_centre_id: UUID) -> None:
        """People whose rights a request has just changed need not wait; other processes notice within seconds."""
        for record in writer.records:
            if record["action"] in {"person.merged", "person.erased"}:
                self.verifier.forget_sign_ins()
                self._rights.pop((study_centre_id, UUID(record["subject_id"])), None)
            elif record["action"].startswith("role-grant."):
                self._rights.pop((study_centre_id, UUID(record["facts"]["person_id"])), None)
            elif record["action"] in {"api-key.made", "api-key.rotated"}:
                self._rights.pop((study_centre_id, writer.actor.person_id), None)

    def forget(self) -> None:
        """Forget callers and their rights."""
        self.verifier.forget()
        self._rights.clear()

    def instant(self, clock_at: datetime | None) -> datetime:
        """The service's present, in Europe/Helsinki: the time of the clock if it is set, else real time."""
        return (clock_at or datetime.now(UTC)).astimezone(HELSINKI)
