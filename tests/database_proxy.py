"""A network between the service and its database that fails as a test wants."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Proxy:
    """Forwards connections while it is not `silent`; a silent one accepts and keeps them, and forwards nothing."""

    def __init__(self, address: str) -> None:
        self._parameters = conninfo_to_dict(address)
        self.port = 0
        self.open_connections = 0
        self.started = threading.Event()

    @property
    def address(self) -> str:
        return make_conninfo("", **self._parameters | {"port": self.port})

    def be_silent(self, silent: bool) -> None:
        self._loop.call_soon_threadsafe(self._forwards.clear if silent else self._forwards.set)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._forwards, self._stopping = asyncio.Event(), asyncio.Event()
        self._forwards.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1")
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        await self._stopping.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_connections += 1
        with suppress(asyncio.CancelledError):
            await self._forwards.wait()
            there = await asyncio.open_connection(str(self._parameters["host"]), int(str(self._parameters["port"])))
            await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer))
        writer.close()
        self.open_connections -= 1

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while data := await reader.read(65536):
                    await self._forwards.wait()
                    writer.write(data)
        finally:
            writer.close()


@contextmanager
def proxy_to(address: str) -> Iterator[Proxy]:
    proxy = Proxy(address)
    thread = threading.Thread(target=asyncio.run, args=(proxy.run(),))
    thread.start()
    try:
        proxy.started.wait()
        yield proxy
    finally:
        proxy.stop()
        thread.join()
