"""The conventions of reading and writing: one transaction, its retry key and replay, dry runs, versions.

An operation takes one of the dependencies below. Its reader or writer has not begun yet: FastAPI solves dependencies
before it validates the request. The route class (`Operation`) begins it around the call of the endpoint.
"""

import functools
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Body, Depends, Header, Query, Request
from starlette.responses import Response

from app.api import problems
from app.api.backend import Backend
from app.api.csv_lists import ROWS_AT_ONCE
from app.api.files import Upload
from app.api.key_callers import rights_of
from app.api.keys import Seal
from app.api.rendering import Created, Rendered, Rendering
from app.api.requests import JSON, digest, digest_of, is_digest_of, media_type_of
from app.api.security import Declaration, Ids, ReadAgain
from app.api.shapes import TAGS, Nothing, versions_of
from app.db.paging import PageRequest, Slice
from app.db.refusals import refusal_of
from app.db.sessions import Reader, Writer
from app.db.transactions import Entry, StoredAnswer, enter, try_and_roll_back, write_down_and_commit
from app.delivery.tokens import TokenMailing
from app.domain.access import check_strong
from app.domain.errors import (
    DomainError,
    Forbidden,
    NotFound,
    StrongAuthenticationRequired,
    Unauthenticated,
    VersionRequired,
)
from app.domain.versions import Versions
from app.keys.reading import Keys

Endpoint = Callable[..., Awaitable[Any]]
"""An operation's function with its arguments; that of a list takes another `page`."""

WEAK = "weak-sign-in"
"""Marks a stored response, among its headers, that a weak sign-in has received where some need a strong one."""


class Reading(Reader):
    """Reads each statement by itself, without a transaction."""

    def __init__(self, request: Request) -> None:
        self.request = request

    async def respond(self, endpoint: Endpoint, declared: Declaration, rendering: Rendering) -> Response:
        if self.request.state.is_csv:
            return rendering.as_csv(self.request, self, self._all(endpoint, declared))
        backend: Backend = self.request.app.state.backend
        async with backend.reading(self.request.state.caller) as reader:
            self._begin(reader, declared)
            result = await endpoint()
        return rendering.of_read(self.request, result).response(backend.settings.public_url)

    def _begin(self, reader: Reader, declared: Declaration) -> None:
        super().__init__(reader.connection, reader.actor, reader.now)
        declared.check(self.actor)

    @asynccontextmanager
    async def _all(self, endpoint: Endpoint, declared: Declaration) -> AsyncIterator[Slice[Any]]:
        """All items of the list, from one snapshot; or the rows of figures, which are read as their JSON is."""
        state, caller = self.request.app.state, self.request.state.caller
        with state.csv_in_flight.one_of(caller.key_scope):
            if declared.csv_rows:
                async with state.backend.reading(caller) as reader:
                    self._begin(reader, declared)
                    rows = declared.csv_rows(await endpoint())
                yield Slice([], None, row=type(rows[0]) if rows else None, parts=_one_part(rows))
                return
            async with state.backend.reading_snapshot(caller) as reader:
                self._begin(reader, declared)
                yield await endpoint(page=PageRequest(ROWS_AT_ONCE, None, is_all=True))


async def _one_part(items: list[Any]) -> AsyncGenerator[list[Any], None]:
    """Items that are there already, as the parts of a list."""
    yield items


class Writing(Writer):
    """Writes in one transaction, which is committed before the response leaves.

    Until `respond` has begun it there is no connection and no actor: `Writer.__init__` is called then.
    """

    def __init__(
        self,
        request: Request,
        *,
        key: str | None = None,
        dry_run: bool = False,
        expected: Versions | None = None,
        missing: DomainError | None = None,
    ) -> None:
        self.request = request
        self.key = None if dry_run else key
        self.dry_run = dry_run
        self.expected = expected or Versions()
        """What `If-Match` and `If-None-Match` say."""
        self.missing = missing
        """The refusal for a required header that is missing: raised once the rest of the request is valid."""

    async def respond(self, endpoint: Endpoint, declared: Declaration, rendering: Rendering) -> Response:
        if self.missing:
            raise self.missing
        request = self.request
        backend: Backend = request.app.state.backend
        caller = request.state.caller
        seal = backend.seal(self.key) if declared.secret_answer and self.key else None
        key_digest = None
        if self.key:
            key_digest = digest(caller.key_scope, request.method, request.scope["path"].lower(), self.key)
        is_json = declared.file is None
        body_key = backend.body_key(self.key) if declared.secret_body and self.key else None
        request_digest = await digest_of(request, is_json=is_json, key=body_key)
        async with backend.connections.connection(caller.study_centre_id) as connection:
            try:
                entry = await enter(connection, caller, key_digest)
                self._begin(backend, entry, connection, key_digest)
                if declared.strong_sign_in and entry.stored and WEAK not in entry.stored.headers:
                    # A weaker sign-in than the first must not receive the same.
                    check_strong(self.actor)
                is_same = entry.stored and await is_digest_of(
                    entry.stored.request_digest, request, is_json=is_json, key=body_key
                )
                if replay := _replay(entry, seal, is_same=bool(is_same)):
                    if seal:
                        declared.check(self.actor)
                    if declared.read_again:
                        again = await declared.read_again.read(self, _ids_of(replay.body))
                        replay = rendering.of_write(request, again, dry_run=False)
                    elif seal:
                        await _check_still_allowed(endpoint)
                    await connection.execute("ROLLBACK")
                    return replay.response(backend.settings.public_url, **{"Idempotency-Replayed": "true"})
                declared.check(self.actor)
                result = await endpoint()
                rendered = rendering.of_write(request, result, dry_run=self.dry_run)
                if self.dry_run:
                    await try_and_roll_back(self)
                else:
                    body = _body_of_ids(result, declared.read_again) if declared.read_again else rendered.body
                    body = seal.close(body) if seal else body
                    is_weak = declared.strong_sign_in and not self.actor.authentication.is_strong
                    headers = rendered.headers | ({WEAK: "1"} if is_weak else {})
                    stored = StoredAnswer(request_digest, rendered.status, headers, body)
                    await write_down_and_commit(self, self.request_id, key_digest, stored)
                    backend.forget_rights_changed_by(self, caller.study_centre_id)
            except BaseException as error:
                await _roll_back(connection)
                if isinstance(error, psycopg.Error) and (refusal := refusal_of(error)):
                    raise refusal from error
                raise
        return rendered.response(backend.settings.public_url)

    def _begin(
        self, backend: Backend, entry: Entry, connection: psycopg.AsyncConnection[Any], key_digest: bytes | None
    ) -> None:
        """Raise Unauthenticated for a caller who no longer is one: the head of a request may come long before its body.

        The person was merged or erased, the token has expired, or the API key has expired or was revoked.
        """
        caller = self.request.state.caller
        backend.remember_rights(caller, entry.rights)
        if caller.authentication.has_expired(datetime.now(UTC)) or (caller.key and not entry.key):
            raise Unauthenticated
        if entry.key:
            caller = self.request.state.caller = replace(caller, key=rights_of(entry.key))
        if entry.is_gone:
            backend.verifier.forget_sign_ins()
            raise Unauthenticated
        now = backend.instant(entry.clock_at)
        actor = backend.actor(caller, entry.rights, now, entry.name)
        retry_key = key_digest or secrets.token_bytes(32)
        super().__init__(connection, actor, now, retry_key, self.request.scope["request_id"], dry_run=self.dry_run)


class RecordedListing(Writing):
    """Reads a list of which the audit records each reading, also as CSV."""

    async def respond(self, endpoint: Endpoint, declared: Declaration, rendering: Rendering) -> Response:
        if not self.request.state.is_csv:
            return await super().respond(endpoint, declared, rendering)
        return rendering.as_csv(self.request, self, self._all(endpoint, declared, rendering))

    @asynccontextmanager
    async def _all(self, endpoint: Endpoint, declared: Declaration, rendering: Rendering) -> AsyncIterator[Slice[Any]]:
        """All items of the list, from one snapshot. It writes nothing, so reading a first page is recorded before."""
        state, caller = self.request.app.state, self.request.state.caller
        with state.csv_in_flight.one_of(caller.key_scope):
            await super().respond(functools.partial(endpoint, page=PageRequest(1, None)), declared, rendering)
            async with state.backend.reading_snapshot(caller) as reader:
                Writer.__init__(self, reader.connection, reader.actor, reader.now, retry_key=b"")
                declared.check(self.actor)
                yield await endpoint(page=PageRequest(ROWS_AT_ONCE, None, is_all=True))


def _replay(entry: Entry, seal: Seal | None, *, is_same: bool) -> Rendered | None:
    """Return the stored response to the same request. Raises RequestInProgress, IdempotencyKeyReused,
    ResponseUnreadable.
    """
    if entry.stored is None:
        if not entry.key_is_free:
            raise problems.RequestInProgress
        return None
    if not is_same:
        raise problems.IdempotencyKeyReused
    body = seal.open(entry.stored.body) if seal else entry.stored.body
    headers = {name: value for name, value in entry.stored.headers.items() if name != WEAK}
    return Rendered(entry.stored.status, headers, body, JSON if body else None)


def _body_of_ids(result: object, read_again: ReadAgain) -> bytes:
    """What is stored instead of the response: the ID of what it shows, or the IDs of its items."""
    shown = result.resource if isinstance(result, Created) else result
    return json.dumps(read_again.ids_of(shown), default=str).encode()


def _ids_of(body: bytes) -> Ids:
    ids = json.loads(body)
    return [UUID(each) for each in ids] if isinstance(ids, list) else UUID(ids)


async def _check_still_allowed(endpoint: Endpoint) -> None:
    """Let the use case, which is then rolled back, refuse a caller who no longer may have the secret.

    What else it refuses is no matter: that the key has been rotated, for example, is why the request is sent again.
    """
    try:
        await endpoint()
    except (NotFound, Forbidden, StrongAuthenticationRequired):
        raise
    except DomainError:
        return


async def _roll_back(connection: psycopg.AsyncConnection[Any]) -> None:
    """Leave the transaction that an error has aborted, before the connection returns to the pool."""
    if not connection.closed:
        try:
            await connection.execute("ROLLBACK")
        except psycopg.Error:
            await connection.close()


KEY = "Key of this request, which makes it safe to send again: at most 255 visible ASCII characters."
VERSION = "`ETag` of the version that the request is based on."


def _key_header(description: str) -> Any:
    return Header(alias="Idempotency-Key", description=description, min_length=1, max_length=255, pattern=r"^[!-~]+$")


Key = Annotated[str | None, _key_header(KEY)]
RequiredKey = Annotated[str | None, _key_header(f"{KEY} Required, except with `validate_only`.")]
DryRun = Annotated[bool, Query(description="Dry run: the same response or the same error, and nothing is changed.")]
IfMatch = Annotated[str | None, Header(alias="If-Match", description=VERSION, json_schema_extra=TAGS)]
RequiredIfMatch = Annotated[
    str | None, Header(alias="If-Match", description=f"{VERSION} Required.", json_schema_extra=TAGS)
]


def _expected(request: Request, if_match: str | None) -> Versions:
    """All that the headers name: FastAPI gives the first of several alone. Both count (RFC 9110 §13.2.2)."""
    wanted = None if if_match is None else versions_of(request.headers, "If-Match")
    return Versions(wanted, versions_of(request.headers, "If-None-Match") or frozenset())


async def reading(request: Request) -> Reading:
    return Reading(request)


async def writing(request: Request, idempotency_key: Key = None, validate_only: DryRun = False) -> Writing:
    return Writing(request, key=idempotency_key, dry_run=validate_only)


async def writing_once(request: Request, idempotency_key: RequiredKey = None, validate_only: DryRun = False) -> Writing:
    missing = None if idempotency_key or validate_only else problems.IdempotencyKeyRequired()
    return Writing(request, key=idempotency_key, dry_run=validate_only, missing=missing)


async def replacing(
    request: Request, if_match: IfMatch = None, idempotency_key: Key = None, validate_only: DryRun = False
) -> Writing:
    return Writing(request, key=idempotency_key, dry_run=validate_only, expected=_expected(request, if_match))


async def editing(
    request: Request, if_match: RequiredIfMatch = None, idempotency_key: Key = None, validate_only: DryRun = False
) -> Writing:
    missing = VersionRequired() if if_match is None else None
    expected = _expected(request, if_match)
    return Writing(request, key=idempotency_key, dry_run=validate_only, expected=expected, missing=missing)


async def editing_once(
    request: Request,
    if_match: RequiredIfMatch = None,
    idempotency_key: RequiredKey = None,
    validate_only: DryRun = False,
) -> Writing:
    edit = await editing(request, if_match, idempotency_key, validate_only)
    if not (idempotency_key or validate_only):
        edit.missing = problems.IdempotencyKeyRequired()
    return edit


async def writing_plainly(request: Request) -> Writing:
    return Writing(request)


async def listing_recorded(request: Request) -> RecordedListing:
    return RecordedListing(request)


async def removing(request: Request, if_match: IfMatch = None) -> Writing:
    return Writing(request, expected=_expected(request, if_match))


async def writing_keyed(request: Request, idempotency_key: Key = None) -> Writing:
    return Writing(request, key=idempotency_key)


Read = Annotated[Reading, Depends(reading)]
Write = Annotated[Writing, Depends(writing)]
WriteOnce = Annotated[Writing, Depends(writing_once)]
"""Moves hours: a retry key is required."""
Replace = Annotated[Writing, Depends(replacing)]
"""A `PUT` that honours `If-Match`: `writer.expected`."""
Edit = Annotated[Writing, Depends(editing)]
"""A `PATCH`: `If-Match` is required."""
EditOnce = Annotated[Writing, Depends(editing_once)]
"""Moves hours, and `If-Match` is required too."""
PlainWrite = Annotated[Writing, Depends(writing_plainly)]
"""A read that the audit records, or a `DELETE`: without a retry key."""
RecordedList = Annotated[RecordedListing, Depends(listing_recorded)]
"""A list of which the audit records each reading, also as CSV."""
Remove = Annotated[Writing, Depends(removing)]
"""A `DELETE` that honours `If-Match`."""
KeyedWrite = Annotated[Writing, Depends(writing_keyed)]
"""A write with a retry key and without a dry run."""

SESSIONS = {
    *(reading, writing, writing_once, replacing, editing, editing_once),
    *(writing_plainly, listing_recorded, removing, writing_keyed),
}
KEYED = {writing_once, editing_once}
"""Those that require a retry key."""
VERSIONED = {editing, editing_once}
"""Those that require `If-Match`."""


async def public_url(request: Request) -> str | None:
    backend: Backend = request.app.state.backend
    return backend.settings.public_url


PublicUrl = Annotated[str | None, Depends(public_url)]
"""The origin of the links in an answer."""


async def service_keys(request: Request) -> Keys:
    backend: Backend = request.app.state.backend
    return backend.keys


ServiceKeys = Annotated[Keys, Depends(service_keys)]
"""What signs badges, seals certificates and encrypts identity codes."""


async def in_sandbox(request: Request) -> bool:
    backend: Backend = request.app.state.backend
    return backend.settings.sandbox


InSandbox = Annotated[bool, Depends(in_sandbox)]
"""Whether only invented people use the service."""


async def mailing_tokens(request: Request) -> TokenMailing:
    backend: Backend = request.app.state.backend
    return backend.tokens


Tokens = Annotated[TokenMailing, Depends(mailing_tokens)]
"""For an operation whose mail has a token."""


async def uploaded(request: Request) -> Upload:
    return Upload(media_type_of(request), await request.body())


File = Annotated[Upload, Depends(uploaded)]
"""The request's body as it is, of the types and the size that the operation declares."""
NoBody = Annotated[Nothing | None, Body()]
"""For a `POST` that needs no body."""
