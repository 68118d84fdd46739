"""OpenID Connect issuers: their metadata and public keys, kept for a while and fetched again."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from app.api.problems import Busy
from app.settings import Issuer, check_private

PATIENCE_SECONDS = 5
"""For everything that an issuer is asked at once: httpx limits the time of each read, and a peer may send byte by byte.
"""
LARGEST_ANSWER = 1024 * 1024
MOST_KEYS = 100
KEYS_KEPT_SECONDS = 600
LONGEST_KEPT_SECONDS = 3600
"""Time after which keys are dropped if the issuer has not responded: one of them may have been withdrawn."""
KEYS_ASKED_AGAIN_SECONDS = 30
FIRST_KEYS_ASKED_AGAIN_SECONDS = 1
METADATA_KEPT_SECONDS = 600
FAULTS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    JoseError,
    TimeoutError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""Exceptions if an issuer does not respond, or not as it should."""

log = structlog.get_logger()


@dataclass
class IssuerKeys:
    """An issuer, and its public keys when they were last fetched."""

    issuer: Issuer
    fetch: Callable[[Issuer], Awaitable[KeySet]]
    keys: KeySet | None = None
    fetched_at: float = float("-inf")
    asked_at: float = float("-inf")
    asking: asyncio.Task[None] | None = None

    async def key_set(self, key_id: object) -> KeySet:
        """Fetch the keys again when they are old or a key is unknown, but then at most every 30 seconds.

        One fetch runs at a time, and a caller with a known key never waits for it. Raises Busy if the issuer's keys
        have never been fetched, or too long ago.
        """
        if time.monotonic() - self.fetched_at > LONGEST_KEPT_SECONDS:
            self.keys = None
        age = time.monotonic() - self.asked_at
        known = self.keys is not None and any(key.kid == key_id for key in self.keys.keys)
        if known:
            good_for = KEYS_KEPT_SECONDS
        else:
            good_for = FIRST_KEYS_ASKED_AGAIN_SECONDS if self.keys is None else KEYS_ASKED_AGAIN_SECONDS
        if self.asking is None and age > good_for:
            self.asked_at = time.monotonic()
            self.asking = asyncio.create_task(self._ask())
        if self.asking and not known:
            # A caller who gives up does not take the result from the others who wait for it.
            await asyncio.shield(self.asking)
        if self.keys is None:
            raise Busy
        return self.keys

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                self.keys = await self.fetch(self.issuer)
            self.fetched_at = time.monotonic()
        except FAULTS as fault:
            # While an issuer does not respond, its last known keys remain valid for a while.
            log.warning("issuer keys not fetched", issuer=self.issuer.issuer, error=type(fault).__name__)
        finally:
            self.asking = None


@dataclass
class IssuerMetadata:
    """An issuer's metadata, kept for a while; browsers are sent to its addresses."""

    issuer: Issuer
    metadata: dict[str, Any] | None = None
    asked_at: float = float("-inf")
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self) -> dict[str, Any] | None:
        """None if the issuer has never responded as it should."""
        async with self.asking:
            good_for = METADATA_KEPT_SECONDS if self.metadata else FIRST_KEYS_ASKED_AGAIN_SECONDS
            if time.monotonic() - self.asked_at > good_for:
                self.asked_at = time.monotonic()
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS), _client() as client:
                        self.metadata = await discover(client, self.issuer)
                except FAULTS as fault:
                    log.warning("issuer not discovered", issuer=self.issuer.issuer, error=type(fault).__name__)
        return self.metadata


async def fetch_keys(issuer: Issuer) -> KeySet:
    """Fetch the issuer's JWKS, found by discovery if it is not configured. Raises one of FAULTS."""
    async with _client() as client:
        address = issuer.jwks_uri or str((await discover(client, issuer))["jwks_uri"])
        check_private(address)
        return usable_keys(await _read(client, address))


async def discover(client: httpx.AsyncClient, issuer: Issuer) -> dict[str, Any]:
    """Raises ValueError if it responds in another issuer's name (OpenID Connect Discovery §4.3)."""
    metadata = await _read(client, issuer.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if metadata["issuer"] != issuer.issuer:
        raise ValueError("the metadata are another issuer's")
    return metadata


def usable_keys(key_set: dict[str, Any]) -> KeySet:
    """The public keys for checking signatures; other keys in the set are ignored (RFC 7517 §5).

    Raises ValueError if there are too many.
    """
    if len(key_set["keys"]) > MOST_KEYS:
        raise ValueError("so many keys that trying them costs too much")
    keys: list[Key] = []
    for one in key_set["keys"]:
        if isinstance(one, dict) and one.get("kty") in {"RSA", "EC", "OKP"} and one.get("use", "sig") == "sig":
            try:
                keys.append(JWKRegistry.import_key(one))
            except (JoseError, ValueError, KeyError, TypeError, UnsupportedAlgorithm):
                log.warning("issuer key not usable", key_type=one["kty"])
    return KeySet(keys)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False)


async def _read(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    body = bytearray()
    async with client.stream("GET", address) as response:
        response.raise_for_status()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > LARGEST_ANSWER:
                raise ValueError("the issuer's response is too large")
    content: dict[str, Any] = json.loads(body)
    return content
