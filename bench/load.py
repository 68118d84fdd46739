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
        except (FileNotFoundError, ProcessLookupError):  # It has ended, perhaps between opening and reading.
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / TICKS


def tree_of(pid: int) -> list[int]:
    """The process and its children; in its own thread, as PostgreSQL and the service start them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def megabytes(pid: int) -> float:
    """The memory of the process (PSS): what it shares with others counts in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


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
    port: int, service: int, postmaster: int, request: Callable[[int], bytes], count: int, clients: int
) -> Cost:
    """Send `count` requests; each must be answered well."""
    requests = (request(number) for number in range(count))
    statuses: list[int] = []

    async def run() -> None:
        await asyncio.gather(*(_send(port, requests, statuses) for _ in range(clients)))

    before = processor_seconds(tree_of(service)), processor_seconds(tree_of(postmaster))
    began = time.perf_counter()
    asyncio.run(run())
    seconds = time.perf_counter() - began
    after = processor_seconds(tree_of(service)), processor_seconds(tree_of(postmaster))
    assert all(status in (200, 201) for status in statuses), sorted(set(statuses))
    used, queried = ((b - a) / count * 1e6 for a, b in zip(before, after, strict=True))
    return Cost(used, queried, count / seconds)
