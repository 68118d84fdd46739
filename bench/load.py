"""A plain load: a number of requests over a few kept-alive connections, and their cost in processor time."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 4


@dataclass(frozen=True)
class Cost:
    """Per request, in microseconds of processor time; `rate` is requests a second."""

    service: float
    database: float
    rate: float

    @property
    def together(self) -> float:
        return self.service + self.database


def processor_seconds(pids: Iterator[int] | list[int]) -> float:
    """User and system time of the processes, and of children they have waited for."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


def database_pids(postmaster: int) -> list[int]:
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


async def _send(port: int, requests: Iterator[bytes], statuses: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        await reader.readexactly(length)
        statuses.append(int(head[9:12]))
    writer.close()
    await writer.wait_closed()


def measure(
    port: int, service_pids: list[int], postmaster: int, request: Callable[[int], bytes], count: int, clients: int
) -> Cost:
    """Send `count` requests; each must be answered well."""
    requests = (request(number) for number in range(count))
    statuses: list[int] = []

    async def run() -> None:
        await asyncio.gather(*(_send(port, requests, statuses) for _ in range(clients)))

    before = processor_seconds(service_pids), processor_seconds(database_pids(postmaster))
    began = time.perf_counter()
    asyncio.run(run())
    seconds = time.perf_counter() - began
    after = processor_seconds(service_pids), processor_seconds(database_pids(postmaster))
    assert all(status in (200, 201) for status in statuses), sorted(set(statuses))
    service, database = ((b - a) / count * 1e6 for a, b in zip(before, after, strict=True))
    return Cost(service, database, count / seconds)
