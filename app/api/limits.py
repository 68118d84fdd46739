"""How much one caller may ask: requests in a minute, and files at once. Each process counts for itself."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.authorization import bearer_of, is_key
from app.api.backend import Backend
from app.api.middleware import WATCHERS
from app.api.problems import refuse
from app.domain.errors import DomainError, RateLimited
from app.settings import Settings

WINDOW_SECONDS = 60
READS, WRITES, ANONYMOUS, PUBLIC = 600, 120, 120, 20
"""The limits outside a sandbox, if the settings name no others."""
PUBLIC_PATHS = ("/v1/public/", "/enrolments/")
"""Where everyone writes."""
MOST_COUNTED = 100_000
"""Callers of a minute. Further ones take the places of those who called first."""
AT_ONCE = 10
"""Refusals of a window that are sent immediately. Further ones wait, or a caller who repeats them without end would
take the time of the others.
"""
PAUSE_SECONDS = 1.0
TURNS = 4
"""Requests in progress of a caller. Further ones wait in line, so that the requests of others do not."""
TURNS_OF_MANY = 1
"""The same of a caller who has used a tenth of the minute's."""
MOST_IN_LINE = 100
"""Requests of a caller, in progress and in line."""
MOST_FILES = 2
"""Of a caller, on their way or being examined: they are in memory, and `app.limited` has places for several callers."""
MOST_CSV = 2
"""Of a caller, being read: each has a connection to the database."""


@dataclass
class Window:
    ends: float
    used: int = 0


class Turns:
    """The turns of one caller: requests, and those whose body goes on, have them in the order in which they ask."""

    def __init__(self) -> None:
        self.length = 0
        self._all = asyncio.Semaphore(TURNS)
        self._of_many = asyncio.Semaphore(TURNS_OF_MANY)

    def of(self, window: Window | None, most: int) -> asyncio.Semaphore:
        return self._of_many if window and window.used > most / 10 else self._all


class Allowance:
    """So many requests of a caller in a minute, which begins with the first of them."""

    def __init__(self, name: str, most: int) -> None:
        self.most = most
        self.name = name
        self.policy = f'"{name}";q={most};w={WINDOW_SECONDS}'.encode()
        self._windows: dict[str, Window] = {}
        """The oldest first."""

    def take(self, caller: str) -> Window:
        now = time.monotonic()
        window = self._windows.get(caller)
        if window is None or window.ends <= now:
            self._windows.pop(caller, None)
            self._make_room(now)
            window = self._windows[caller] = Window(now + WINDOW_SECONDS)
        window.used += 1
        return window

    def _make_room(self, now: float) -> None:
        """Each new window removes up to two that have ended, so that none of them stay."""
        for oldest in list(dict(zip(self._windows, range(2), strict=False))):
            if self._windows[oldest].ends <= now or len(self._windows) >= MOST_COUNTED:
                del self._windows[oldest]

    def refusal(self, window: Window) -> RateLimited:
        return RateLimited(most=self.most, limit=self.name, retry_after=_seconds_to(window))

    def fields_of(self, window: Window) -> list[tuple[bytes, bytes]]:
        """What is left, as header fields (draft-ietf-httpapi-ratelimit-headers)."""
        left, seconds = max(self.most - window.used, 0), _seconds_to(window)
        state = f'"{self.name}";r={left};t={seconds}'.encode()
        return [(b"ratelimit-policy", self.policy), (b"ratelimit", state)]


def _seconds_to(window: Window) -> int:
    return max(math.ceil(window.ends - time.monotonic()), 1)


class RateLimits:
    """Refuses requests over the caller's limit, before the database is asked.

    A request with a token that verifies, or with an API key that this process has seen work, counts for that person or
    key. Every other counts for its network address.
    """

    def __init__(self, app: ASGIApp, backend: Backend, anonymous: Allowance) -> None:
        self.app = app
        self._verifier, self._proxies = backend.verifier, backend.proxies
        settings = backend.settings
        self._reads = Allowance("reads", _limit(settings, settings.rate_limit_reads, READS))
        self._writes = Allowance("writes", _limit(settings, settings.rate_limit_writes, WRITES))
        self._anonymous = anonymous
        self._public = Allowance("public", _limit(settings, settings.rate_limit_public, PUBLIC))
        self._lines: dict[str, Turns] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in WATCHERS:
            await self.app(scope, receive, send)
            return
        headers = scope["headers"]
        authorization = next((value.decode("latin-1") for name, value in headers if name == b"authorization"), None)
        known = await self._known(authorization)
        own = self._reads if scope["method"] in {"GET", "HEAD"} else self._writes
        caller = known or self._proxies.origin_of(scope["client"][0] if scope.get("client") else "", headers)
        allowance = own if known else self._anonymous
        if scope["method"] == "POST" and scope["path"].startswith(PUBLIC_PATHS) and self._public.most:
            # Nobody is the caller there, whatever token the request has.
            allowance = self._public
            caller = self._proxies.origin_of(scope["client"][0] if scope.get("client") else "", headers)
        window = allowance.take(caller) if allowance.most else None
        if window and window.used > allowance.most:
            await self._refuse(allowance, window, scope, receive, send)
            return
        line = self._lines.get(caller)
        if line is None:
            line = self._lines[caller] = Turns()
        elif line.length >= MOST_IN_LINE:
            await refuse(Request(scope), RateLimited(most=MOST_IN_LINE, limit="waiting", retry_after=1))(
                scope, receive, send
            )
            return

        is_new_key = known is None and is_key(bearer_of(authorization))

        async def answered(message: Message) -> None:
            nonlocal allowance, window
            if message["type"] == "http.response.start":
                if is_new_key and (found := await self._known(authorization)):
                    # The key has just been seen to work: it counts for itself.
                    if window:
                        window.used -= 1
                    allowance, window = own, own.take(found) if own.most else None
                if window:
                    message["headers"] = [*message["headers"], *allowance.fields_of(window)]
            await send(message)

        turns = line.of(window, allowance.most)

        async def received() -> Message:
            # While the caller sends the body, others of the same address take the turn.
            turns.release()
            try:
                return await receive()
            finally:
                await turns.acquire()

        line.length += 1
        try:
            async with turns:
                await self.app(scope, received, answered)
        finally:
            line.length -= 1
            if not line.length:
                del self._lines[caller]

    async def _known(self, authorization: str | None) -> str | None:
        if authorization is None:
            return None
        try:
            return await self._verifier.known(authorization)
        except DomainError:
            return None

    async def _refuse(self, allowance: Allowance, window: Window, scope: Scope, receive: Receive, send: Send) -> None:
        if window.used > allowance.most + AT_ONCE:
            await asyncio.sleep(PAUSE_SECONDS)
        response = refuse(Request(scope, receive), allowance.refusal(window))
        response.raw_headers.extend(allowance.fields_of(window))
        await response(scope, receive, send)


def _limit(settings: Settings, given: int | None, usual: int) -> int:
    if given is None:
        return 0 if settings.sandbox else usual
    return given


def anonymous_allowance(settings: Settings) -> Allowance:
    return Allowance("anonymous", _limit(settings, settings.rate_limit_anonymous, ANONYMOUS))


def are_limits_set(settings: Settings) -> bool:
    named = (
        settings.rate_limit_reads,
        settings.rate_limit_writes,
        settings.rate_limit_anonymous,
        settings.rate_limit_public,
    )
    return any(named) if settings.sandbox else any(each != 0 for each in named)


def is_enrolment_limited(settings: Settings) -> bool:
    """Whether the enrolments of a course and the emails to a mailbox are limited."""
    return _limit(settings, settings.rate_limit_public, PUBLIC) > 0


class InFlight:
    """What each caller sends or receives at the moment, so many at most."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._number: Counter[str] = Counter()

    @contextmanager
    def one_of(self, caller: str) -> Iterator[None]:
        """Raise RateLimited if the caller has as many as are allowed."""
        if self._number[caller] >= self._most:
            raise RateLimited(most=self._most, limit=self._name, retry_after=1)
        self._number[caller] += 1
        try:
            yield
        finally:
            self._number[caller] -= 1
            if not self._number[caller]:
                del self._number[caller]
