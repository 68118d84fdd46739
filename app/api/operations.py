"""The conventions of every operation, written once: a route class that wraps its endpoint.

An endpoint whose first parameter is a `Reader` reads; one with a `Writer` runs in one transaction, which is
committed before the answer leaves. To a writer's operation the class adds `Idempotency-Key`, `validate_only`, the
replay, the closing statement and the commit; an endpoint that takes `expected: Versions` gets `If-Match`, one that
takes `file: Upload` the body as it is.
"""

import functools
import inspect
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import psycopg
from fastapi import Body, Header, Query, Request
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.responses import Response

from app.api import problems
from app.api.answers import CODES, NO_BODY, answers_of
from app.api.backend import Backend
from app.api.files import LARGEST, Download, Upload
from app.api.keys import Seal
from app.api.paging import Page, cursor_of
from app.api.requests import (
    JSON,
    LARGEST_BODY,
    MERGE_PATCH,
    address_faults,
    check_address,
    check_headers,
    check_members,
    digest,
    digest_of,
    media_type_of,
)
from app.api.scopes import SCOPE, check_operation, scope_of
from app.api.shapes import Nothing, versions_of
from app.db.connections import Caller, Entry, StoredAnswer, enter, try_and_roll_back, write_down_and_commit
from app.db.paging import Slice
from app.db.refusals import refusal_of
from app.db.sessions import Reader, Writer
from app.domain.access import check_strong
from app.domain.errors import VersionRequired
from app.domain.versions import Versions, fingerprint

API_PREFIX = "/v1"
Endpoint = Callable[..., Awaitable[Any]]
KEY_REQUIRED: dict[str, Any] = {"x-idempotency-key-required": True}
"""`openapi_extra` of the operations that move hours: the contract marks them K."""
PERSONAL: dict[str, Any] = {"x-personal-data": True}
"""`openapi_extra` of reads that tell of people: not to be stored by caches."""
SECRET: dict[str, Any] = {"x-secret": True}
"""`openapi_extra` of the operations that answer a secret: what is stored for a replay is sealed."""


@dataclass(frozen=True)
class Created:
    """A created resource whose `Location` is not simply below the path it was posted to; None is no `Location`."""

    resource: object
    location: str | None


def operation_id(route: APIRoute) -> str:
    """The use case's name, `submit_proposal`: once released, clients' code is named after it."""
    return str(route.name)


class Operation(APIRoute):
    needs_token: ClassVar[bool] = True
    """The sandbox's own operations need none, and offer no dry run."""
    is_for_newcomers: ClassVar[bool] = False
    """Whoever calls it has no roles yet, and is no API key."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        signature = inspect.signature(endpoint, eval_str=True)
        session = next((p.annotation for p in signature.parameters.values()), None)
        self.is_ours = session in (Reader, Writer)
        method = next(iter(options.get("methods") or {"GET"}))
        extra = options.get("openapi_extra") or {}
        self.largest_body: int = extra.get(LARGEST, LARGEST_BODY)
        self.accepted = list(extra.get("requestBody", {}).get("content", [MERGE_PATCH if method == "PATCH" else JSON]))
        kind = _kind_of(session, method, signature)
        scope = extra[SCOPE] if SCOPE in extra else scope_of(path, endpoint.__module__, kind)
        options["responses"] = answers_of(
            method=method,
            path=path,
            status=options.get("status_code") or 200,
            kind=kind,
            has_session=self.is_ours,
            is_conditional=session is Reader and kind == "read" and method == "GET",
            has_version="expected" in signature.parameters,
            has_file="file" in signature.parameters,
            needs_key=_says(KEY_REQUIRED, options),
            needs_token=self.needs_token,
            is_for_newcomers=self.is_for_newcomers,
            declared=options.get("responses") or {},
        )
        summary, _, description = inspect.cleandoc(endpoint.__doc__ or "").partition("\n")
        options["summary"] = summary.rstrip(".")
        if session is Writer:
            endpoint = _writing(endpoint, signature, method, options, scope, offers_dry_run=self.needs_token)
        elif session is Reader:
            endpoint = _reading(endpoint, signature, options, scope)
        if self.is_ours and self.needs_token:
            options["openapi_extra"] = extra | {SCOPE: scope}
        super().__init__(API_PREFIX + path, endpoint, **options | {"generate_unique_id_function": operation_id})
        # Said to the superclass, an empty one would be replaced by the whole docstring.
        self.description = description.strip()

    async def caller_of(self, request: Request) -> Caller:
        backend: Backend = request.app.state.backend
        return await backend.verifier.caller(request.headers.get("authorization"))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = {parameter.alias for parameter in self.dependant.query_params}
        for dependency in self.dependant.dependencies:
            known |= {parameter.alias for parameter in dependency.query_params}

        async def checked(request: Request) -> Response:
            # Who calls comes first, then headers and shape: FastAPI itself would read the body before asking.
            if self.is_ours:
                request.state.caller = await self.caller_of(request)
            check_headers(request, self.accepted, self.largest_body)
            request.state.address_faults = address_faults(request, known)
            if not self.is_ours:
                check_address(request)
                await check_members(request)
            return await handle(request)

        return checked


def _kind_of(session: object, method: str, signature: inspect.Signature) -> Literal["read", "list", "write"]:
    """A read that is written down in the audit is a read all the same."""
    if session is Writer and method != "GET":
        return "write"
    return "list" if "page" in signature.parameters else "read"


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _shown(wrapper: Endpoint, signature: inspect.Signature, *added: inspect.Parameter) -> Endpoint:
    """Gives FastAPI the endpoint's own parameters without the session and the versions, and the added ones."""
    request = _parameter("request", Request, inspect.Parameter.empty)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(signature.parameters.values())[1:]
        if parameter.name not in {"expected", "file"}
    ]
    wrapper.__signature__ = signature.replace(parameters=[request, *own, *added])  # type: ignore[attr-defined]  # Read by inspect.
    del wrapper.__wrapped__  # type: ignore[attr-defined]  # Else FastAPI would look behind the signature.
    return wrapper


def _reading(endpoint: Endpoint, signature: inspect.Signature, options: dict[str, Any], scope: str | None) -> Endpoint:
    personal = _says(PERSONAL, options)
    adapter = _adapter_of(options)

    @functools.wraps(endpoint)
    async def operation(request: Request, **arguments: Any) -> Response:
        check_address(request)
        backend: Backend = request.app.state.backend
        async with backend.reading(request.state.caller) as reader:
            check_operation(reader.actor, scope)
            result = await endpoint(reader, **arguments)
        headers = {"Cache-Control": "no-store" if personal else "private, no-cache"}
        if isinstance(result, Slice):
            return Response(_page(request, result, adapter, headers), headers=headers, media_type=JSON)
        tag = _tag_of(result)
        headers["ETag"] = f'"{tag}"'
        if (versions_of(request.headers.get("if-none-match"), weak=True) or frozenset()) & {tag, "*"}:
            return Response(status_code=304, headers=headers)
        if isinstance(result, Download):
            return Response(result.content, headers=headers | result.headers, media_type=result.media_type)
        return Response(adapter.dump_json(result, by_alias=True), headers=headers, media_type=JSON)

    return _shown(operation, signature)


def _writing(
    endpoint: Endpoint,
    signature: inspect.Signature,
    method: str,
    options: dict[str, Any],
    scope: str | None,
    *,
    offers_dry_run: bool,
) -> Endpoint:
    key_required = _says(KEY_REQUIRED, options)
    takes_versions = "expected" in signature.parameters
    takes_key = method not in NO_BODY
    takes_file = "file" in signature.parameters
    is_secret = _says(SECRET, options)
    needs_strong = "strong-authentication-required" in options["responses"].get(401, {}).get(CODES, ())
    status = options.get("status_code") or 200
    adapter = _adapter_of(options) if status != 204 else None

    @functools.wraps(endpoint)
    async def operation(request: Request, **arguments: Any) -> Response:
        check_address(request)
        backend: Backend = request.app.state.backend
        dry_run = arguments.pop("validate_only", False)
        key = None if dry_run else arguments.pop("idempotency_key", None)
        arguments.pop("idempotency_key", None)
        arguments.pop("nothing", None)
        if key_required and key is None and not dry_run:
            raise problems.IdempotencyKeyRequired
        if takes_versions:
            arguments["expected"] = _versions(arguments.pop("if_match"), required=method == "PATCH")
        if takes_file:
            arguments["file"] = Upload(media_type_of(request), await request.body())
        caller = request.state.caller
        key_digest = key and digest(caller.key_scope, method, request.url.path.lower(), key)
        request_digest = await digest_of(request, is_json=not takes_file) if takes_key else b""
        async with backend.connections.connection(caller.study_centre_id) as connection:
            try:
                entry = await enter(connection, caller.person_id, key_digest)
                backend.remember_roles(caller, entry.roles)
                if entry.is_gone:
                    backend.verifier.forget_sign_ins()
                    raise problems.Unauthenticated
                now = backend.instant(entry.clock_at)
                actor = backend.actor(caller, entry.roles, now, entry.other_ids)
                if is_secret and needs_strong and entry.stored:
                    # A secret is not told again to a weaker sign-in than it was told to.
                    check_strong(actor)
                if answer := _replay(entry, request_digest, backend.seal(key) if is_secret and key else None):
                    await connection.execute("ROLLBACK")
                    return answer
                check_operation(actor, scope)
                retry_key = key_digest or secrets.token_bytes(32)
                writer = Writer(connection, actor, now, retry_key, request.scope["request_id"])
                result = await endpoint(writer, **arguments)
                headers, body, media_type = _rendered(request, result, status, adapter)
                if dry_run:
                    await try_and_roll_back(writer)
                    del_headers = {"Location", "ETag"}
                    headers = {name: value for name, value in headers.items() if name not in del_headers}
                else:
                    kept = backend.seal(key).close(body) if is_secret and key else body
                    stored = StoredAnswer(request_digest, status, headers, kept)
                    await write_down_and_commit(writer, request.scope["request_id"], key_digest, stored)
                    backend.forget_roles_changed_by(writer, caller.study_centre_id)
            except psycopg.Error as error:
                await _roll_back(connection)
                if refusal := refusal_of(error):
                    raise refusal from error
                raise
            except BaseException:
                await _roll_back(connection)
                raise
        return Response(body, status, headers=headers, media_type=media_type)

    added = []
    if takes_key:
        doc = "Names this request, so that it can be sent again safely: ≤ 255 visible ASCII characters."
        if key_required:
            doc += " Required, except with `validate_only`."
        header = Header(alias="Idempotency-Key", description=doc, min_length=1, max_length=255, pattern=r"^[!-~]+$")
        added.append(_parameter("idempotency_key", Annotated[str | None, header], None))
    if takes_key and offers_dry_run:
        doc = "A dry run: the same answer or the same problem, and nothing is written."
        added.append(_parameter("validate_only", Annotated[bool, Query(description=doc)], False))
    if takes_versions:
        doc = "The `ETag` of the version you saw." + (" Required." if method == "PATCH" else "")
        added.append(_parameter("if_match", Annotated[str | None, Header(alias="If-Match", description=doc)], None))
    if method == "POST" and not takes_file and "body" not in signature.parameters:
        added.append(_parameter("nothing", Annotated[Nothing | None, Body()], None))
    return _shown(operation, signature, *added)


def _says(extra: dict[str, Any], options: dict[str, Any]) -> bool:
    return extra.items() <= (options.get("openapi_extra") or {}).items()


def _adapter_of(options: dict[str, Any]) -> TypeAdapter[Any]:
    return TypeAdapter(options["response_model"])


def _versions(if_match: str | None, *, required: bool) -> Versions:
    if required and if_match is None:
        raise VersionRequired
    return versions_of(if_match)


def _replay(entry: Entry, request_digest: bytes, seal: Seal | None) -> Response | None:
    """The stored answer to the same request. Raises RequestInProgress, IdempotencyKeyReused."""
    if entry.stored is None:
        if not entry.key_is_free:
            raise problems.RequestInProgress
        return None
    if entry.stored.request_digest != request_digest:
        raise problems.IdempotencyKeyReused
    headers = {**entry.stored.headers, "Idempotency-Replayed": "true"}
    body = seal.open(entry.stored.body) if seal else entry.stored.body
    return Response(body, entry.stored.status, headers=headers, media_type=JSON if body else None)


def _rendered(
    request: Request, result: object, status: int, adapter: TypeAdapter[Any] | None
) -> tuple[dict[str, str], bytes, str | None]:
    """Headers, body and the body's type."""
    headers = {"Cache-Control": "no-store"}
    if adapter is None:
        return headers, b"", None
    location = None
    if isinstance(result, Created):
        location = result.location
        result = result.resource
    elif status == 201:
        location = f"{request.url.path}/{result.id}"  # type: ignore[attr-defined]  # What is created has an id.
    if location:
        headers["Location"] = location
    headers["ETag"] = f'"{_tag_of(result)}"'
    if isinstance(result, Download):
        return headers | result.headers, result.content, result.media_type
    return headers, adapter.dump_json(result, by_alias=True), JSON


def _tag_of(result: object) -> str:
    """What describes a file has the tag of the file."""
    return str(result.tag) if hasattr(result, "tag") else fingerprint(result)


def _page(request: Request, result: Slice[Any], adapter: TypeAdapter[Any], headers: dict[str, str]) -> bytes:
    cursor = cursor_of(request, result.next_key) if result.next_key else None
    if cursor:
        following = request.url.include_query_params(cursor=cursor)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    page = Page(result.items, cursor, result.total)
    return adapter.dump_json(page, by_alias=True, exclude=None if result.total is not None else {"total"})


async def _roll_back(connection: psycopg.AsyncConnection[Any]) -> None:
    """An error after our own BEGIN leaves the connection in it: back out before it returns to the pool."""
    if not connection.closed:
        try:
            await connection.execute("ROLLBACK")
        except psycopg.Error:
            await connection.close()
