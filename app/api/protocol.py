"""HTTP with bounds: httptools itself accepts heads and trailers of any length, at any pace, from any number of
connections, and some requests that HTTP does not allow.
"""

import asyncio
import re
import sys
from collections import Counter, deque
from typing import Any, Literal

import httptools
import structlog
from fastapi import Request
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.api.addresses import address_of, place_of
from app.api.limits import AT_ONCE, Allowance
from app.api.metrics import count
from app.api.middleware import SECURITY, request_id_of
from app.api.problems import MalformedRequest, RequestTimeout, handle
from app.domain.errors import DomainError, RateLimited

LARGEST_HEAD = 64 * 1024
"""In bytes, of all that is no body: a request line and headers, or the sizes of chunks and trailer fields."""
IDLE_SECONDS = 10
"""Twice as long as many clients, such as httpx, keep a connection. In the same time, Uvicorn's own, they would send
requests on one that is just being closed.
"""
SLOWEST_HEAD_SECONDS = 15.0
"""From the connection, or from the response before, to the end of a head."""
SLOWEST_BODY_SECONDS = 38.0
"""With the pauses of the watch, a body is given up before 45 seconds."""
SLOWEST_FILE = 50_000
"""Bytes per second. A file that comes at this pace may take longer."""
SLOWEST_READER_SECONDS = 30.0
WATCH_SECONDS = 5.0
MOST_CONNECTIONS = 512
"""Of one network address: half of what a process may usually have open."""
MOST_PIPELINED = 16
SINGLE = frozenset({b"authorization", b"content-type", b"host"})
"""Headers that a request has once: of two, another program may read the other."""
BLANK = (b" ", b"\t")
HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_OTHER_METHOD = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+) (?P<target>/[!-~]*) HTTP/1\.[01]\r\n")
"""The first line of a request whose method is one that httptools does not know."""

log = structlog.get_logger()


class Malformed(Exception):
    """The request is not as HTTP/1.1 has it (RFC 9112)."""


class Ending:
    """The transport as a response sees it: its end is that of the connection only once the request has come too."""

    def __init__(self, protocol: "BoundedProtocol", transport: asyncio.Transport) -> None:
        self.write, self.is_closing, self.close = transport.write, transport.is_closing, protocol.end


class BoundedProtocol(HttpToolsProtocol):
    """Bounds what a connection sends and how long it takes; the edge bounds the size of bodies.

    One timer per connection looks at the times that the parser's callbacks note: a timer per request would cost more.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if isinstance(self.app, ProxyHeadersMiddleware):
            # It believes the headers of anyone on this machine: TRUSTED_PROXIES names those to believe.
            self.app = self.app.app
        self.ws_protocol_class = None
        self.timeout_keep_alive = IDLE_SECONDS
        state: Any = getattr(self.app, "state")  # noqa: B009 - create_app's; Uvicorn knows only an ASGI application.
        self.crowd: Counter[str] = state.connected
        self.anonymous: Allowance = state.anonymous
        self.proxies = state.backend.proxies
        self.place: str | None = None
        self.answering: RequestResponseCycle | None = None
        self.ended = False
        self.expecting: Literal["head", "body", "nothing"] = "head"
        self.since = self.loop.time()
        self.head_size = self.body_size = self.unsent = 0
        self.received = self.url = b""
        self.watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As in Uvicorn.
        super().connection_made(transport)
        self.ending: Any = Ending(self, transport)
        self.sent_at = self.since
        self.watch = self.loop.call_later(WATCH_SECONDS, self._watch)
        address = address_of(self.client[0]) if self.client else None
        if address and not self.proxies.trust(address):
            self.place = place_of(address)
            self.crowd[self.place] += 1
            if self.crowd[self.place] > MOST_CONNECTIONS:
                self._refuse(RateLimited(most=MOST_CONNECTIONS, limit="connections", retry_after=1))

    def connection_lost(self, exc: Exception | None) -> None:
        if self.watch:
            self.watch.cancel()
        if self.place:
            self.crowd[self.place] -= 1
            if not self.crowd[self.place]:
                del self.crowd[self.place]
        if self.answering:
            # Uvicorn informs only the last request that has come, behind which this one may be.
            self.answering.disconnected = True
            self.answering.message_event.set()
        # Otherwise the two would hold each other until the garbage collector comes.
        self.ending.close = self.transport.close
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        body_size, self.received = self.body_size, data
        super().data_received(data)
        if self.expecting == "nothing" or self.body_size != body_size:
            self.head_size = 0
            return
        self.head_size += len(data)
        if self.head_size > LARGEST_HEAD:
            self.send_400_response("The head is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.expecting == "nothing":
            self.since = self.loop.time()
        self.expecting, self.head_size = "head", 0

    def on_headers_complete(self) -> None:
        self._check_head()
        super().on_headers_complete()
        self.cycle.transport = self.ending
        # What follows as headers are trailer fields: they are dropped.
        self.headers = deque(maxlen=0)  # type: ignore[assignment]
        self.expecting, self.head_size, self.body_size, self.since = "body", 0, 0, self.loop.time()

    def on_body(self, body: bytes) -> None:
        self.body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.expecting, self.url = "nothing", b""
        if self.ended:
            self.transport.close()
        self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._await_head()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.answering = cycle
        super()._start_asgi_task(cycle, app)

    def end(self) -> None:
        """End the connection after a response, but take the rest of the request first.

        A connection closed before is reset, and the client loses the response (RFC 9112 §9.6).
        """
        if self.expecting == "body" and self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
            self.ended = True
        else:
            self.transport.close()

    def _await_head(self) -> None:
        if self.expecting == "nothing" and self.cycle.response_complete:
            self.expecting, self.since = "head", self.loop.time()

    def _check_head(self) -> None:
        version = self.parser.get_http_version()
        size, seen = len(self.url), set()
        for index, (name, value) in enumerate(self.headers):
            size += len(name) + len(value) + 4
            if value.endswith(BLANK):
                # httptools takes it off before a value only.
                value = value.rstrip(b" \t")
                self.headers[index] = (name, value)
            if name in SINGLE:
                if name in seen or (name == b"host" and not HOST.fullmatch(value)):
                    raise Malformed
                seen.add(name)
            elif name == b"transfer-encoding":
                # Another coding, or one without chunks, has a length that programs read differently.
                if name in seen or value.strip().lower() != b"chunked" or version != "1.1":
                    raise Malformed
                seen.add(name)
        if version not in {"1.0", "1.1"} or (version == "1.1" and b"host" not in seen):
            raise Malformed
        if size > LARGEST_HEAD or len(self.pipeline) >= MOST_PIPELINED:
            raise Malformed

    def _watch(self) -> None:
        """Close the connection if nothing arrives, or nothing is taken, for too long."""
        self.watch = self.loop.call_later(WATCH_SECONDS, self._watch)
        now = self.loop.time()
        unsent = self.transport.get_write_buffer_size()
        if unsent != self.unsent:
            self.unsent, self.sent_at = unsent, now
        elif unsent and now - self.sent_at > SLOWEST_READER_SECONDS:
            self.transport.abort()
        if self.flow.read_paused:
            # It is the service that does not read.
            self.since, self.body_size = now, 0
        waited = now - self.since
        if self.expecting == "head":
            if waited > SLOWEST_HEAD_SECONDS:
                self._give_up()
        elif self.expecting == "body" and waited > SLOWEST_BODY_SECONDS:
            takes_file = getattr(self.scope.get("route"), "takes_file", False)
            if not takes_file or self.body_size < SLOWEST_FILE * waited:
                self._give_up()

    def _give_up(self) -> None:
        """Close the connection, and say why if a part of a request has come."""
        if self.expecting == "head" and not self.url:
            self.transport.close()
        elif self._is_next():
            self._refuse(RequestTimeout())

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - Uvicorn's text, in place of which a problem goes out.
        if self._is_next():
            self._refuse_for(self.proxies.origin_of(self.client[0] if self.client else "", self.headers or ()))

    def _is_next(self) -> bool:
        """Whether the next response is for the request that has failed. Otherwise the connection ends without one."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle and not cycle.response_complete:
            if self.expecting == "head":
                # The client takes the next response for that of the request before, so only that one leaves.
                cycle.keep_alive = False
                self.flow.pause_reading()
                return False
            cycle.disconnected = True
            cycle.message_event.set()
            if self.pipeline or cycle.response_started:
                self.transport.close()
                return False
        elif cycle and self.expecting == "body":
            # The response did not wait for the body.
            self.transport.close()
            return False
        return True

    def _refuse_for(self, place: str) -> None:
        """Refuse a malformed request, which costs the network address what any other without a token costs."""
        window = self.anonymous.take(place) if self.anonymous.most else None
        if window and window.used > self.anonymous.most + AT_ONCE:
            self.transport.close()
        elif window and window.used > self.anonymous.most:
            self._refuse(self.anonymous.refusal(window))
        # Uvicorn calls this while it handles the parser's error.
        elif isinstance(sys.exc_info()[1], httptools.HttpParserInvalidMethodError) and (
            line := _OTHER_METHOD.match(self.received)
        ):
            self.url = line["target"]
            self._refuse(HTTPException(405))
        else:
            self._refuse(MalformedRequest())

    def _refuse(self, error: DomainError | HTTPException) -> None:
        """Send the refusal as a problem, although no request reaches the application, and close."""
        if self.transport.is_closing():
            return
        headers = list(self.headers or ())
        request_id = request_id_of(headers)
        scope = {"type": "http", "app": self.app, "method": "GET", "path": self._path(), "query_string": b""}
        languages = [header for header in headers if header[0] == b"accept-language"]
        scope |= {"server": ("", None), "headers": languages, "request_id": request_id.decode()}
        response = handle(Request(scope), error)
        fields = [*self.server_state.default_headers, *response.raw_headers, *SECURITY]
        fields += [(b"x-request-id", request_id), (b"connection", b"close")]
        lines = [b"%b: %b\r\n" % field for field in fields]
        body = b"" if self.parser.get_method() == b"HEAD" else bytes(response.body)
        self.transport.write(b"".join([STATUS_LINE[response.status_code], *lines, b"\r\n", body]))
        self.transport.close()
        count("none", "none", response.status_code, 0.0)
        log.info("request refused", status=response.status_code, request_id=request_id.decode())

    def _path(self) -> str:
        try:
            return httptools.parse_url(self.url).path.decode("ascii")
        except (httptools.HttpParserError, UnicodeDecodeError, AttributeError):
            return "/"
