"""What HTTP asks of every response, whichever operation it comes from: HEAD, compression, and CORS for browsers."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware, GZipResponder
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1024
"""In bytes: below it compression saves nothing."""
LEVEL = 4
"""Larger levels take twice the time for a few per cent."""
_GZIP = re.compile(r"(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?P<quality>[\d.]+)\s*)?(?:,|$)", re.IGNORECASE)


def accepts_gzip(headers: Headers) -> bool:
    accepted = _GZIP.search(headers.get("accept-encoding", ""))
    return accepted is not None and bool(float(accepted["quality"] or 1))


class Head:
    """Answers HEAD as GET without the body (RFC 9110 §9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            # The server does not compare the length of the body with Content-Length if the method is HEAD.
            scope["method"] = "HEAD"
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        scope["method"] = "GET"
        scope["is_head"] = True
        try:
            await self.app(scope, receive, send_head)
        finally:
            scope["method"] = "HEAD"


class JsonCompression(GZipMiddleware):
    """gzip of JSON, except of `no-store`: the length of a compressed secret reveals it (BREACH).

    The `ETag` stays the same, so that it can be sent in `If-Match` whatever the coding was.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=SMALLEST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif accepts_gzip(Headers(scope=scope)):
            await _Compressing(self.app, self.minimum_size, self.compresslevel)(scope, receive, send)
        else:

            async def send_as_it_is(message: Message) -> None:
                if message["type"] == "http.response.start" and (_has_codings(message) or message["status"] == 304):
                    _add_vary(message)
                await send(message)

            await self.app(scope, receive, send_as_it_is)


class _Compressing(GZipResponder):
    async def send_with_compression(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not _has_codings(message):
            if message["status"] == 304:
                _add_vary(message)
            self.content_encoding_set = True  # Then the body leaves as it is.
            await self.send(message)
        else:
            await super().send_with_compression(message)


def _has_codings(message: Message) -> bool:
    """Whether the response is compressed for those who accept it. Caches must know it from every coding, by `Vary`."""
    headers = Headers(raw=message["headers"])
    return (
        headers.get("content-type", "").partition(";")[0].endswith("json")
        and int(headers.get("content-length", "0")) >= SMALLEST
        and headers.get("cache-control") != "no-store"
        and "content-encoding" not in headers
    )


def _add_vary(message: Message) -> None:
    headers = MutableHeaders(raw=message["headers"])
    if "Accept-Encoding" not in headers.get("vary", ""):
        headers.add_vary_header("Accept-Encoding")


PUBLIC_PATH = "/v1/public/"


class PublicReads:
    """Lets pages of every origin read what is public (the Fetch standard's CORS protocol)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PUBLIC_PATH):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get("access-control-request-method", "") if scope["method"] == "OPTIONS" else ""
        if asked in {"GET", "HEAD"}:
            allowed = {
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Allow-Methods": "GET, HEAD",
                "Access-Control-Allow-Headers": "If-None-Match, X-Request-Id",
                "Access-Control-Max-Age": "3600",
            }
            await Response(status_code=204, headers=allowed)(scope, receive, send)
            return

        async def send_to_all(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(raw=message["headers"])
                own["Access-Control-Allow-Origin"] = "*"
                own["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
            await send(message)

        await self.app(scope, receive, send_to_all if scope["method"] in {"GET", "HEAD"} else send)


EXPOSED = (
    *("ETag", "Location", "Link", "Idempotency-Replayed", "X-Request-Id", "Retry-After"),
    *("RateLimit", "RateLimit-Policy"),
)
"""Headers that scripts of other origins may read."""


class Cors(CORSMiddleware):
    """Allows pages of these origins to call the service, with a token and never with cookies."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("Authorization", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id"),
            expose_headers=EXPOSED,
            max_age=3600,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Withhold the permission from the origin if anything is not allowed: the browser then sends nothing."""
        response = super().preflight_response(request_headers)
        allowed = {name: value for name, value in response.headers.items() if name.startswith(("access-", "vary"))}
        if response.status_code != 200:
            allowed.pop("access-control-allow-origin", None)
        return Response(status_code=204, headers=allowed)
