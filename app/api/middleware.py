"""Pure ASGI around the whole service: request ids, limits on bodies, the last resort, logs and metrics."""

import re
import secrets
import time
from collections.abc import Iterable

import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.metrics import count
from app.api.problems import handle
from app.api.requests import LARGEST_BODY

SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,128}")
HUNG_UP = 499
"""The status, in logs and metrics, of requests whose caller did not wait for the response."""
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
)
"""Headers of every response; pages have a policy of their own for their content."""
WATCHERS = frozenset({"/livez", "/readyz", "/metrics"})
"""Machines request these every few seconds: their good responses would drown the rest of the log."""

log = structlog.get_logger()


class Edge:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope["headers"])
        scope["request_id"] = request_id.decode()
        structlog.contextvars.bind_contextvars(request_id=scope["request_id"])
        began = time.perf_counter()
        status = 0
        received = 0

        async def bounded() -> Message:
            nonlocal received, status
            message = await receive()
            if message["type"] == "http.disconnect":
                status = status or HUNG_UP
            received += len(message.get("body", b""))
            if received > getattr(scope.get("route"), "largest_body", LARGEST_BODY):
                # The only kind of exception that FastAPI lets through when it reads the body itself.
                raise HTTPException(413)
            return message

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = status or message["status"]
                headers = [*message["headers"], (b"x-request-id", request_id)]
                given = {name for name, _ in headers}
                message["headers"] = headers + [header for header in SECURITY if header[0] not in given]
            await send(message)

        try:
            await self.app(scope, bounded, answered)
        finally:
            route = _template_of(scope)
            seconds = time.perf_counter() - began
            count(scope["method"], route, status, seconds)
            write = log.debug if route in WATCHERS and status < 500 else log.info
            write(
                "request answered",
                method=scope["method"],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 1),
            )


class LastResort:
    """Answers what no handler of exceptions has answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def answered(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, answered)
        except ClientDisconnect:
            return
        except Exception as error:
            log.error("request failed", exc_info=error)
            if has_begun or scope["type"] != "http":
                raise
            await handle(Request(scope, receive), error)(scope, receive, send)


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The id that the request gives itself, or a new one."""
    given = next((value for name, value in headers if name == b"x-request-id"), b"")
    return given if SANE_REQUEST_ID.fullmatch(given) else secrets.token_hex(16).encode()


def _template_of(scope: Scope) -> str:
    """The route's template, never the path: ids and search words stay out of logs and metrics."""
    return str(scope.get("path_template") or getattr(scope.get("route"), "path", "none"))
