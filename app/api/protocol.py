"""HTTP with a bounded head: httptools itself accepts a request line and headers of any length, at any pace."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024
SLOWEST_HEAD_SECONDS = 15.0


class BoundedProtocol(HttpToolsProtocol):
    """Limits the size and time of a head that needs more than one reading; the edge limits the body."""

    head_is_open = False
    head_size = 0
    head_timer: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.head_is_open, self.head_size = True, 0

    def on_headers_complete(self) -> None:
        self._close_head()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.head_is_open:
            return
        self.head_size += len(data)
        if self.head_size > LARGEST_HEAD:
            self._close_head()
            self.send_400_response("The request's head is too large.")
        elif self.head_timer is None:
            self.head_timer = self.loop.call_later(SLOWEST_HEAD_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._close_head()
        super().connection_lost(exc)

    def _close_head(self) -> None:
        self.head_is_open = False
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None
