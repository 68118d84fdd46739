"""Issuers' keys: discovered, kept, rotated and fetched again, while nobody with a good token has to wait."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from app.api import issuers
from app.api.issuers import FAULTS, IssuerKeys, IssuerMetadata, fetch_keys, usable_keys
from app.api.problems import Busy
from app.settings import Issuer

FIRST, SECOND = (ECKey.generate_key("P-256", {"kid": kid}) for kid in ("first", "second"))
ISSUER = Issuer(issuer="https://issuer.example", audience="hours")


class Source:
    """A source of keys: counts how often it is fetched, and responds when it may."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys, self.asked, self.fault = keys, 0, False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fetch(self, _: Issuer) -> KeySet:
        self.asked += 1
        await self.may_answer.wait()
        if self.fault:
            raise ValueError
        return KeySet(list(self.keys))


async def play(scenario: Callable[[Source, IssuerKeys], Any], *keys: ECKey) -> None:
    source = Source(*(keys or (FIRST,)))
    await scenario(source, IssuerKeys(ISSUER, source.fetch))


def ids(keys: KeySet) -> list[str | None]:
    return [key.kid for key in keys.keys]


def test_keys_are_fetched_once_and_kept() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        for _ in range(100):
            assert ids(await issuer.key_set("first")) == ["first"]
        assert source.asked == 1

    asyncio.run(play(scenario))


def test_a_thousand_simultaneous_unknown_key_ids_cause_one_fetch() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        await issuer.key_set("first")
        await asyncio.gather(*(issuer.key_set(f"unknown-{number}") for number in range(1000)))
        assert source.asked == 1
        issuer.asked_at -= issuers.KEYS_ASKED_AGAIN_SECONDS + 1
        await asyncio.gather(*(issuer.key_set(f"unknown-{number}") for number in range(1000)))
        assert source.asked == 2

    asyncio.run(play(scenario))


def test_a_new_key_is_found_when_its_first_token_comes() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        await issuer.key_set("first")
        source.keys = (FIRST, SECOND)
        issuer.asked_at -= issuers.KEYS_ASKED_AGAIN_SECONDS + 1
        assert ids(await issuer.key_set("second")) == ["first", "second"]

    asyncio.run(play(scenario))


def test_a_removed_key_is_forgotten_after_ten_minutes() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        await issuer.key_set("first")
        source.keys = (SECOND,)
        issuer.asked_at -= issuers.KEYS_KEPT_SECONDS + 1
        # The first caller gets the old keys without waiting; the next one gets the new ones.
        assert ids(await issuer.key_set("first")) == ["first"]
        await asyncio.sleep(0)
        assert ids(await issuer.key_set("first")) == ["second"]

    asyncio.run(play(scenario))


def test_a_caller_with_a_known_key_does_not_wait() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        await issuer.key_set("first")
        source.may_answer.clear()
        issuer.asked_at -= issuers.KEYS_KEPT_SECONDS + 1
        stranger = asyncio.create_task(issuer.key_set("unknown"))
        async with asyncio.timeout(1):
            assert ids(await issuer.key_set("first")) == ["first"]
        assert not stranger.done()
        source.may_answer.set()
        await stranger

    asyncio.run(play(scenario))


def test_a_caller_who_gives_up_does_not_disturb_the_others() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        source.may_answer.clear()
        impatient, patient = (asyncio.create_task(issuer.key_set("first")) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        source.may_answer.set()
        assert ids(await patient) == ["first"]
        assert source.asked == 1

    asyncio.run(play(scenario))


def test_known_keys_remain_valid_while_the_issuer_fails() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        await issuer.key_set("first")
        source.fault = True
        issuer.asked_at -= issuers.KEYS_KEPT_SECONDS + 1
        await issuer.key_set("unknown")
        assert ids(await issuer.key_set("first")) == ["first"]
        assert source.asked == 2

    asyncio.run(play(scenario))


def test_keys_older_than_an_hour_are_dropped() -> None:
    """While the issuer does not respond, nobody knows whether it has withdrawn one of them."""

    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        await issuer.key_set("first")
        source.fault = True
        issuer.fetched_at -= issuers.LONGEST_KEPT_SECONDS - 1
        assert ids(await issuer.key_set("first")) == ["first"]
        issuer.fetched_at -= 2
        with pytest.raises(Busy):
            await issuer.key_set("first")

    asyncio.run(play(scenario))


def test_not_every_caller_tries_an_issuer_that_never_responded() -> None:
    async def scenario(source: Source, issuer: IssuerKeys) -> None:
        source.fault = True
        for _ in range(100):
            with pytest.raises(Busy):
                await issuer.key_set("first")
        assert source.asked == 1
        source.fault = False
        issuer.asked_at -= issuers.FIRST_KEYS_ASKED_AGAIN_SECONDS + 1
        assert ids(await issuer.key_set("first")) == ["first"]

    asyncio.run(play(scenario))


def test_only_public_signing_keys_of_an_issuer_are_used() -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"})
    encryption = RSAKey.generate_key(2048, {"kid": "encryption", "use": "enc"})
    usable = [key.as_dict(private=key is secret) for key in (FIRST, secret, encryption)]
    odd: list[Any] = [{"kty": "EC", "kid": "broken"}, {"kty": "of tomorrow"}, {}, "no key", None]
    assert ids(usable_keys({"keys": [*odd, *usable]})) == ["first"]


@contextmanager
def serving(pages: dict[str, Any]) -> Iterator[str]:
    """Serves JSON by path."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(pages[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - The base class names it so.
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


DISCOVERY = "/.well-known/openid-configuration"
KEYS = {"keys": [FIRST.as_dict(private=False)]}


def test_keys_are_found_by_discovery_or_at_the_configured_address() -> None:
    pages: dict[str, Any] = {"/keys": KEYS}
    with serving(pages) as address:
        pages[DISCOVERY] = {"issuer": address, "jwks_uri": f"{address}/keys"}
        for issuer in (
            Issuer(issuer=address, audience="hours"),
            Issuer(issuer="https://elsewhere.example", audience="hours", jwks_uri=f"{address}/keys"),
        ):
            assert ids(asyncio.run(fetch_keys(issuer))) == ["first"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        # Not even with an additional slash: the names are compared as they are.
        {"slash": True},
        {"jwks_uri": "http://keys.example/"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
        [],
    ],
    ids=str,
)
def test_wrong_metadata_is_ignored(metadata: Any) -> None:
    pages: dict[str, Any] = {"/keys": KEYS}
    with serving(pages) as address:
        right = {"issuer": address, "jwks_uri": f"{address}/keys"}
        if isinstance(metadata, dict) and metadata.pop("slash", False):
            metadata = {"issuer": f"{address}/"}
        pages[DISCOVERY] = right | metadata if isinstance(metadata, dict) else metadata
        with pytest.raises(FAULTS):
            asyncio.run(fetch_keys(Issuer(issuer=address, audience="hours")))


@contextmanager
def dripping(content: bytes, pause: float) -> Iterator[str]:
    """Serves the content byte by byte, slower than anybody should wait."""
    listener = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content))
            for byte in content:
                connection.sendall(bytes([byte]))
                time.sleep(pause)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=listener.accept()[:1], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
    finally:
        listener.close()


def test_an_issuer_that_drips_does_not_end_the_renewal_of_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch that never ended would be the last one, until the next start."""
    monkeypatch.setattr(issuers, "PATIENCE_SECONDS", 0.3)

    async def scenario() -> None:
        with dripping(json.dumps(KEYS).encode(), pause=0.02) as address:
            issuer = IssuerKeys(Issuer(issuer="https://slow.example", audience="hours", jwks_uri=address), fetch_keys)
            began = time.monotonic()
            for outcome in await asyncio.gather(*(issuer.key_set("first") for _ in range(10)), return_exceptions=True):
                assert isinstance(outcome, Busy)
            assert time.monotonic() - began < 1
        with serving({"/keys": KEYS}) as address:
            issuer.issuer.jwks_uri = f"{address}/keys"
            issuer.asked_at -= issuers.FIRST_KEYS_ASKED_AGAIN_SECONDS + 1
            assert ids(await issuer.key_set("first")) == ["first"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "page",
    [KEYS | {"padding": "x" * issuers.LARGEST_ANSWER}, {"keys": [*KEYS["keys"]] * (issuers.MOST_KEYS + 1)}],
    ids=["large", "many keys"],
)
def test_an_issuer_that_sends_too_much_is_not_read(page: dict[str, Any]) -> None:
    with serving({"/keys": page}) as address, pytest.raises(FAULTS):
        asyncio.run(fetch_keys(Issuer(issuer=address, audience="hours", jwks_uri=f"{address}/keys")))


def test_two_simultaneous_callers_cause_one_fetch() -> None:
    async def scenario() -> None:
        pages: dict[str, Any] = {}
        with serving(pages) as address:
            pages[DISCOVERY] = {"issuer": address}
            metadata = IssuerMetadata(Issuer(issuer=address, audience="hours"))
            for found in await asyncio.gather(metadata.find(), metadata.find()):
                assert found == {"issuer": address}

    asyncio.run(scenario())


def test_metadata_is_kept_and_missing_metadata_is_fetched_again() -> None:
    async def scenario() -> None:
        pages: dict[str, Any] = {DISCOVERY: []}
        with serving(pages) as address:
            metadata = IssuerMetadata(Issuer(issuer=address, audience="hours"))
            assert await metadata.find() is None
            pages[DISCOVERY] = {"issuer": address}
            assert await metadata.find() is None
            metadata.asked_at -= issuers.FIRST_KEYS_ASKED_AGAIN_SECONDS + 1
            assert await metadata.find() == {"issuer": address}
            pages.clear()
            assert await metadata.find() == {"issuer": address}

    asyncio.run(scenario())
