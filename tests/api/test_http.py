"""HTTP as strictly as RFC 9112 has it, with bounds on what a connection sends and how long it takes."""

import json
import logging
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.api import protocol
from app.api.protocol import LARGEST_HEAD
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Person
from tests.certificates import self_signed
from tests.server import serving

HEAD = b"GET /livez HTTP/1.1\r\nHost: here\r\n"
TOKENS = b"POST /v1/sandbox/tokens HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
CHUNKED = b"POST /v1/people HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"


@contextmanager
def connected(service: str) -> Iterator[socket.socket]:
    place = urlsplit(service)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Read until the service closes the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            received += part
    return received


def exchange(service: str, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send the bytes, and return the first response."""
    with connected(service) as connection:
        connection.sendall(request)
        return parsed(read_all(connection))


def parsed(response: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    return int(line.split()[1]), headers, body


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /livez HTTP/1.1\r\n\r\n",
        HEAD + b"Host: there\r\n\r\n",
        b"GET /livez HTTP/1.0\r\nHost: here\r\nHost: here\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: he re\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: [::1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: user@here/path\r\n\r\n",
        b"GET /livez HTTP/2.0\r\nHost: here\r\n\r\n",
        b"GET /livez HTTP/0.9\r\nHost: here\r\n\r\n",
        b"GET /livez HTTP/3.7\r\nHost: here\r\n\r\n",
        b"GET /livez\r\n\r\n",
        HEAD + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
        CHUNKED + b"Content-Type: text/plain\r\n\r\n0\r\n\r\n",
        CHUNKED.replace(b"chunked", b"gzip, chunked") + b"\r\n0\r\n\r\n",
        CHUNKED.replace(b"chunked", b"gzip") + b"\r\n0\r\n\r\n",
        CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n",
        CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"No colon\r\n\r\n",
        HEAD + b"Name : value\r\n\r\n",
        HEAD + b"Name: val\0ue\r\n\r\n",
        HEAD + b" folded: value\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT here:443 HTTP/1.1\r\nHost: here\r\n\r\n",
        CHUNKED + b"\r\nzz\r\n",
        HEAD + b"X-Long: " + b"a" * LARGEST_HEAD + b"\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:90]),
)
def test_what_http_does_not_allow_is_a_problem(service: str, request_bytes: bytes) -> None:
    status, headers, body = exchange(service, request_bytes)
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == ("malformed-request", 400)
    assert headers["x-request-id"] == problem["request_id"] != ""
    assert headers["connection"] == "close"
    assert int(headers["content-length"]) == len(body)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /livez HTTP/1.0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nhost: [::1]:8000\r\nConnection: close\r\n\r\n",
        b"GET http://here/livez HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n",
        HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: here \t\r\nConnection: close\r\n\r\n",
    ],
    ids=lambda sent: repr(sent[:90]),
)
def test_what_http_allows_is_answered(service: str, request_bytes: bytes) -> None:
    with connected(service) as connection:
        connection.sendall(request_bytes)
        assert parsed(connection.recv(65536))[0] == 200


def test_whitespace_around_a_header_is_no_part_of_its_value(main_user: Person) -> None:
    service, token = str(main_user.client.base_url), main_user.client.headers["Authorization"].encode()
    head = b"GET /v1/me HTTP/1.1\r\nHost: here\r\nConnection: close\r\nAuthorization: " + token
    status, headers, _ = exchange(service, head + b"\r\nX-Request-Id: \t mine \t\r\nIf-None-Match: * \r\n\r\n")
    assert (status, headers["x-request-id"]) == (304, "mine")


@pytest.mark.parametrize("path", ["/v1/hour-returns", "/nowhere"])
def test_a_response_that_does_not_wait_for_the_body_arrives_before_the_connection_ends(service: str, path: str) -> None:
    """A proxy closes each connection; one that is reset while the body is sent loses the response (RFC 9112 §9.6)."""
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nConnection: close\r\n"
    body = b" " * 8_000_000
    with connected(service) as connection:
        connection.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body))
        time.sleep(0.05)
        connection.sendall(body)
        status, headers, problem = parsed(read_all(connection))
    assert (status, headers["connection"]) == ({"/nowhere": 404}.get(path, 401), "close")
    assert len(problem) == int(headers["content-length"])


def test_a_response_that_does_not_wait_for_the_body_arrives_over_tls(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Uvicorn may be started with a certificate, and TLS has no end of one direction alone."""
    certificate, key = self_signed(tmp_path)
    untrusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    untrusting.check_hostname, untrusting.verify_mode = False, ssl.CERT_NONE
    head = b"POST /nowhere HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n"
    with (
        serving(create_app(settings), ssl_certfile=certificate, ssl_keyfile=key) as address,
        connected(address) as plain,
        untrusting.wrap_socket(plain) as connection,
    ):
        connection.sendall(head)
        assert parsed(read_all(connection))[0] == 404
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.usefixtures("impatient")
def test_a_body_that_does_not_come_does_not_keep_the_connection_after_the_response(service: str) -> None:
    head = b"POST /nowhere HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n"
    with connected(service) as connection:
        connection.sendall(head)
        assert parsed(read_all(connection))[0] == 404
        began = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - began < 5:
                connection.sendall(b"x")
                time.sleep(0.02)
        assert time.monotonic() - began < 5


def test_a_problem_of_http_speaks_the_callers_language_and_keeps_the_request_id(service: str) -> None:
    asked = HEAD + b"Host: there\r\nAccept-Language: sv\r\nX-Request-Id: mine\r\n\r\n"
    _, headers, body = exchange(service, asked)
    problem = json.loads(body)
    assert (headers["content-language"], problem["request_id"], problem["instance"]) == ("sv", "mine", "/livez")


def test_a_problem_of_http_has_no_body_for_head(service: str) -> None:
    status, headers, body = exchange(service, b"HEAD /livez HTTP/1.1\r\nHost: here\r\nHost: there\r\n\r\n")
    assert (status, headers["content-type"], body) == (400, "application/problem+json", b"")
    assert int(headers["content-length"]) > 100


@pytest.mark.parametrize("method", ["FOO", "PATCHX", "get", "PROPFIND", "TRACE"])
def test_a_method_that_no_path_has_is_not_allowed(service: str, method: str) -> None:
    request = f"{method} /v1/me?a=b HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
    status, headers, body = exchange(service, request.encode())
    problem = json.loads(body)
    assert (status, problem["code"], problem["instance"]) == (405, "method-not-allowed", "/v1/me")
    assert headers["x-request-id"] == problem["request_id"] != ""
    assert (headers["allow"], headers["connection"]) == ("GET, HEAD, PATCH", "close")


def test_a_malformed_request_never_takes_the_place_of_the_response_before(main_user: Person) -> None:
    """A pipelining client would take the problem for the response to the first request."""
    service, token = str(main_user.client.base_url), main_user.client.headers["Authorization"].encode()
    first = b"GET /v1/me HTTP/1.1\r\nHost: here\r\nAuthorization: " + token + b"\r\n\r\n"
    with connected(service) as connection:
        connection.sendall(first + b"GET /livez HTTP/1.1\r\n\r\n")
        status, headers, body = parsed(read_all(connection))
    assert (status, headers["connection"]) == (200, "close")
    assert json.loads(body)["person"]["id"] == str(main_user.id)


def test_trailer_fields_are_dropped(main_user: Person) -> None:
    service, token = str(main_user.client.base_url), main_user.client.headers["Authorization"].encode()
    head = b"POST /v1/people HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    trailers = b"Authorization: " + token + b"\r\nX-Request-Id: of-a-trailer\r\nConnection: close\r\n"
    with connected(service) as connection:
        # The service looks at the headers once the body is there.
        connection.sendall(head + b"\r\n2\r\n{}\r\n0\r\n" + trailers + b"\r\n")
        status, headers, body = parsed(connection.recv(65536))
    assert (status, json.loads(body)["code"]) == (401, "unauthenticated")
    assert headers["x-request-id"] != "of-a-trailer"


@pytest.mark.parametrize("endless", [b"X-T: 1\r\n", b"a"], ids=["fields", "one field"])
def test_trailers_without_end_are_cut_off(service: str, endless: bytes) -> None:
    with connected(service) as connection:
        connection.sendall(CHUNKED + b"\r\n2\r\n{}\r\n0\r\n" + (b"" if endless.endswith(b"\n") else b"X-T: "))
        sent = 0
        with suppress(OSError):
            while sent < 200 * LARGEST_HEAD:
                connection.sendall(endless * (4096 // len(endless)))
                sent += 4096
                time.sleep(0.0005)
    assert sent < 20 * LARGEST_HEAD


def test_chunk_extensions_without_end_are_cut_off(service: str) -> None:
    with connected(service) as connection:
        connection.sendall(CHUNKED + b"\r\n2;")
        sent = 0
        with suppress(OSError):
            while sent < 200 * LARGEST_HEAD:
                connection.sendall(b"a" * 4096)
                sent += 4096
                time.sleep(0.0005)
    assert sent < 20 * LARGEST_HEAD


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds of tenths of a second, for connections made from now on."""
    for name, seconds in (
        ("WATCH_SECONDS", 0.05),
        ("SLOWEST_HEAD_SECONDS", 0.3),
        ("SLOWEST_BODY_SECONDS", 0.5),
        ("SLOWEST_READER_SECONDS", 0.5),
    ):
        monkeypatch.setattr(protocol, name, seconds)


@pytest.mark.parametrize(
    ("sent", "drip"),
    [
        (b"", b""),
        (b"", b"\r\n"),
        (b"GET /livez HTTP/1.1\r\nHost: here\r\nX-Slow: ", b"a"),
        (HEAD + b"\r\n", b""),
        (HEAD + b"\r\n", b"\r\n"),
        (b"PUT /v1/people HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n", b""),
        (TOKENS + b"Content-Length: 100\r\n\r\n{", b""),
        (TOKENS + b"Content-Length: 10000\r\n\r\n", b"a"),
        (b"PUT /v1/people HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n\r\n", b"a"),
        (CHUNKED + b"\r\n", b"1\r\na\r\n"),
        (CHUNKED + b"\r\n2\r\n{}\r\n0\r\n", b"X-T: 1\r\n"),
    ],
    ids=[
        *("nothing", "empty lines", "head", "idle", "lines when idle", "no body, answered", "no body"),
        *("body that comes slowly", "body, answered", "chunks", "trailers"),
    ],
)
@pytest.mark.usefixtures("impatient")
def test_a_connection_that_goes_on_for_too_long_is_closed(service: str, sent: bytes, drip: bytes) -> None:
    received = b""
    with connected(service) as connection:
        connection.sendall(sent)
        began = time.monotonic()
        connection.settimeout(0.05)
        while time.monotonic() - began < 6:
            try:
                part = connection.recv(65536)
                if part == b"":
                    break
                received += part
            except TimeoutError:
                pass
            except ConnectionResetError:
                break
            with suppress(OSError):
                connection.sendall(drip)
        # Otherwise a connection may be idle for ten seconds.
        assert time.monotonic() - began < 3
    assert received.count(b"HTTP/1.1 ") <= 1
    if sent.startswith(TOKENS) or b"X-Slow" in sent:
        status, headers, body = parsed(received)
        assert (status, headers["connection"]) == (408, "close")
        assert json.loads(body)["code"] == "request-timeout"


def test_an_idle_connection_is_kept_for_longer_than_clients_keep_it(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's httpx gives it up after five seconds. A request on a connection that is being closed would fail."""
    assert (httpx.Limits().keepalive_expiry or 0) < 0.6 * protocol.IDLE_SECONDS
    monkeypatch.setattr(protocol, "IDLE_SECONDS", 0.3)
    with connected(service) as connection:
        connection.sendall(HEAD + b"\r\n")
        began = time.monotonic()
        while connection.recv(65536):
            pass
        assert 0.2 < time.monotonic() - began < 3


def test_what_does_not_come_is_given_up_before_45_seconds() -> None:
    for longest in (protocol.SLOWEST_HEAD_SECONDS, protocol.SLOWEST_BODY_SECONDS):
        # The watch may have looked just before the time was over.
        assert longest + protocol.WATCH_SECONDS <= 45
    assert protocol.SLOWEST_FILE <= 50_000


@pytest.mark.parametrize(("pace", "is_read"), [(500_000, True), (5_000, False)])
@pytest.mark.usefixtures("impatient")
def test_a_file_may_take_long_if_it_keeps_coming(main_user: Person, central: Any, pace: int, is_read: bool) -> None:
    service, token = str(main_user.client.base_url), main_user.client.headers["Authorization"].encode()
    size, pieces = pace, 20
    head = f"PUT /v1/organisations/{central}/logo HTTP/1.1\r\nHost: here\r\nContent-Type: image/png\r\n"
    received = b""
    with connected(service) as connection, suppress(ConnectionError):
        connection.sendall(head.encode() + b"Content-Length: %d\r\nAuthorization: %b\r\n\r\n" % (size, token))
        for _ in range(pieces):
            connection.sendall(b"x" * (size // pieces))
            time.sleep(1 / pieces)
        received = connection.recv(65536)
    assert (b"image-refused" in received) == is_read
    # A client that is still sending may not see why the connection ends.
    assert (received == b"" or b"request-timeout" in received) != is_read


@pytest.mark.usefixtures("impatient")
def test_a_response_that_nobody_takes_does_not_keep_its_connection(service: str) -> None:
    with connected(service) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with suppress(OSError):
            for _ in range(200):
                connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: here\r\n\r\n" * 10)
                time.sleep(0.01)
        began = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - began < 5:
                connection.sendall(HEAD + b"\r\n")
                time.sleep(0.02)
        assert time.monotonic() - began < 5


def test_an_address_has_a_bounded_number_of_connections(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 20)
    with ExitStack() as opened:
        connections = [opened.enter_context(connected(service)) for _ in range(40)]
        for connection in connections:
            connection.settimeout(0.05)
        refused = []
        for connection in connections:
            with suppress(TimeoutError):
                refused.append(parsed(connection.recv(65536)))
    assert len(refused) >= 20
    status, headers, body = refused[0]
    assert (status, headers["retry-after"], json.loads(body)["most"]) == (429, "1", 20)
    deadline = time.monotonic() + 5
    while httpx.get(f"{service}/livez").status_code != 200:
        assert time.monotonic() < deadline


@pytest.mark.usefixtures("fresh_metrics")
def test_metrics_stay_short_whatever_is_requested(service: str) -> None:
    httpx.request("TRACE", f"{service}/v1/me")
    before = len(httpx.get(f"{service}/metrics").text.splitlines())
    for method in ("PROPFIND", "MKCOL", "TRACE", "SEARCH", "LOCK"):
        assert httpx.request(method, f"{service}/v1/me").status_code == 405
        for path in ("/one", "/two/three", f"/v1/{method}"):
            assert httpx.request(method, f"{service}{path}").status_code == 404
    assert len(httpx.get(f"{service}/metrics").text.splitlines()) < before + 50


@pytest.mark.usefixtures("fresh_metrics")
def test_a_caller_that_hangs_up_is_no_error(main_user: Person, capfd: pytest.CaptureFixture[str]) -> None:
    service, token = str(main_user.client.base_url), main_user.client.headers["Authorization"].encode()
    failed, given_up, last = (counted(service, label) for label in (FAILED, GIVEN_UP, LAST))
    paths = (b"POST /v1/supplementary-hour-requests", b"PUT /v1/organisations/%b/logo" % str(main_user.id).encode())
    for path in paths:
        for media_type in (b"application/json", b"image/png"):
            with connected(service) as connection:
                head = b"%b HTTP/1.1\r\nHost: here\r\nContent-Type: %b\r\nAuthorization: %b\r\n" % (
                    path,
                    media_type,
                    token,
                )
                connection.sendall(head + b"Content-Length: 100000\r\nIdempotency-Key: k\r\n\r\n{")
                time.sleep(0.1)
    with connected(service) as connection:
        connection.sendall(b"GET /v1/me HTTP/1.1\r\nHost: here\r\nAuthorization: %b\r\n\r\n" % token)
    deadline = time.monotonic() + 10
    while counted(service, GIVEN_UP) < given_up + 2 or counted(service, LAST) == last:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert counted(service, FAILED) == failed
    assert "Traceback" not in capfd.readouterr().err


def test_a_caller_that_hangs_up_while_further_requests_wait_is_no_error(
    main_user: Person, central: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service, token = str(main_user.client.base_url), main_user.client.headers["Authorization"].encode()
    head = f"PUT /v1/organisations/{central}/logo HTTP/1.1\r\nHost: here\r\nContent-Type: image/png\r\n".encode()
    before = counted(service, LOGOS)
    with connected(service) as connection:
        connection.sendall(head + b"Content-Length: 4\r\nAuthorization: %b\r\n\r\n1234" % token + HEAD + b"\r\n")
        # The connection is reset, not closed in order.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    deadline = time.monotonic() + 10
    while counted(service, LOGOS) == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


FAILED, GIVEN_UP, LAST = 'status="5', 'status="499"', 'route="/v1/me"'
LOGOS = 'method="PUT",route="/v1/organisations/{organisation_id}/logo"'


def counted(service: str, label: str) -> float:
    """How many requests with this label have been counted."""
    lines = httpx.get(f"{service}/metrics").text.splitlines()
    return sum(
        float(line.split()[-1]) for line in lines if line.startswith("tuntipankki_requests_total{") and label in line
    )
