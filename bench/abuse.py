"""What abuse costs the service and its other callers: memory and times, of this checkout or of another to compare with.

python -m bench.abuse [CHECKOUT]
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
MEBIBYTE = 1024 * 1024
SENT_MIB = 100
PATIENCE_SECONDS = 60
NOISE_SECONDS = 15
NOISY_THREADS = 16


def main(checkout: Path) -> None:
    with running(checkout) as (address, pid):
        report("trailers: MiB sent, MiB grown", *trailers(address, pid))
        for name, path, body in bodies():
            report(f"{name}: s, MiB grown", *refused_body(address, pid, path, body))
        report("silent connection closed: s", closed_after(address, b""))
        head = b"POST /v1/sandbox/tokens HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        report("body that never comes closed: s", closed_after(address, head + b"Content-Length: 100\r\n\r\n"))
        report("others' median and p99, alone: ms", *others(address))
        for path in ("/openapi.json", "/metrics"):
            with noise(address, path, {}):
                report(f"others' median and p99, {path} asked for without end: ms", *others(address))
        noisy = {"Authorization": f"Bearer {token(address, 'staff@example.org')}"}
        for _ in range(3):
            report("others' median and p99, alone again: ms", *others(address))
            with noise(address, "/v1/organisations", noisy):
                # What the limit allows is everybody's right: this is about what comes after it.
                while httpx.get(f"{address}/v1/organisations", headers=noisy, timeout=60).status_code == 200:
                    time.sleep(0.2)
                report("others' median and p99, a caller over the limit goes on: ms", *others(address))
    with running(checkout, reads=10_000) as (address, _):
        for _ in range(3):
            report("others' median and p99, alone: ms", *others(address))
            with noise(
                address, "/v1/organisations", {"Authorization": f"Bearer {token(address, 'staff@example.org')}"}
            ):
                time.sleep(NOISE_SECONDS / 3)  # The first tenth is used.
                report("others' median and p99, a caller within the limit at full speed: ms", *others(address))


def report(what: str, *figures: float) -> None:
    print(f"{what:75}", *(f"{figure:9.1f}" for figure in figures), flush=True)


@contextmanager
def running(checkout: Path, reads: int = 600) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    limits = {"RATE_LIMIT_READS": str(reads), "RATE_LIMIT_WRITES": "120", "RATE_LIMIT_ANONYMOUS": "100000"}
    with tempfile.TemporaryDirectory(dir="/tmp") as data_dir:
        environment = os.environ | limits | {"DATA_DIR": data_dir, "PORT": str(port), "LOG_LEVEL": "ERROR"}
        launcher = subprocess.Popen(
            [sys.executable, "-m", "app.local.run"], cwd=checkout, env=environment, stdout=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 120
            while True:
                with suppress(httpx.TransportError):
                    if httpx.get(f"{address}/livez").status_code == 200:
                        break
                if time.monotonic() > deadline or launcher.poll() is not None:
                    raise RuntimeError("the service does not start")
                time.sleep(0.2)
            yield address, launcher.pid
        finally:
            launcher.terminate()
            launcher.wait()


def memory_of(pid: int) -> float:
    """MiB of the process and its children, the database apart."""
    total = 0.0
    for one in (pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())):
        with suppress(OSError, StopIteration):
            if Path(f"/proc/{one}/comm").read_text().startswith("python"):
                lines = Path(f"/proc/{one}/status").read_text().splitlines()
                total += int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
    return total


@contextmanager
def growth(pid: int) -> Iterator[list[float]]:
    before, most, is_over = memory_of(pid), [0.0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            most[0] = max(most[0], memory_of(pid) - before)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield most
    finally:
        is_over.set()
        watching.join()


def trailers(address: str, pid: int) -> tuple[float, float]:
    sent = 0
    with growth(pid) as grown, connected(address) as connection, suppress(OSError):
        connection.sendall(b"POST /v1/sandbox/tokens HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
        fields = b"X-Trailer: 1\r\n" * 4096
        while sent < SENT_MIB * MEBIBYTE:
            connection.sendall(fields)
            sent += len(fields)
    return sent / MEBIBYTE, grown[0]


def bodies() -> Iterator[tuple[str, str, object]]:
    many = {f"a{number}": 1 for number in range(150_000)}
    yield "150,000 unknown fields", "/v1/hour-proposals", many
    yield "150,000 unknown languages", "/v1/messages", {"texts": many}
    yield "1,900 lines with 90 unknown fields", "/v1/hour-proposals", {"lines": [dict(list(many.items())[:90])] * 1900}
    yield "600,000 lines that are none", "/v1/hour-proposals", {"lines": [1] * 600_000}


def refused_body(address: str, pid: int, path: str, body: object) -> tuple[float, float]:
    headers = {"Authorization": f"Bearer {token(address, 'staff@example.org')}", "Content-Type": "application/json"}
    content = json.dumps(body).encode()
    with growth(pid) as grown:
        began = time.monotonic()
        answer = httpx.post(address + path, content=content, headers=headers, timeout=60)
        seconds = time.monotonic() - began
    if answer.status_code not in {413, 422}:
        raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:200]}")
    return seconds, grown[0]


def token(address: str, email: str, nth: int = 0) -> str:
    people = httpx.get(f"{address}/v1/sandbox/people").json()["items"]
    known = [one for one in people if one["email"] == email] or [
        one for one in people if any(role["role"] == "main_user" for role in one["roles"])
    ]
    body = {"person_id": known[nth % len(known)]["id"]}
    return str(httpx.post(f"{address}/v1/sandbox/tokens", json=body).json()["access_token"])


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    url = httpx.URL(address)
    with socket.create_connection((url.host, url.port or 80), timeout=PATIENCE_SECONDS) as connection:
        yield connection


def closed_after(address: str, sent: bytes) -> float:
    """Seconds until the service closes the connection, or PATIENCE_SECONDS."""
    began = time.monotonic()
    with connected(address) as connection, suppress(OSError):
        connection.sendall(sent)
        while connection.recv(65536):
            pass
    return time.monotonic() - began


@contextmanager
def noise(address: str, path: str, headers: dict[str, str]) -> Iterator[None]:
    """Another process asks without end: threads of this one would disturb the measuring."""
    code = (
        "import sys, threading, httpx, json\n"
        "address, headers, threads = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])\n"
        "def ask():\n"
        "    with httpx.Client(timeout=60) as client:\n"
        "        while True:\n"
        "            client.get(address, headers=headers)\n"
        "for _ in range(threads):\n"
        "    threading.Thread(target=ask).start()\n"
    )
    command = [sys.executable, "-c", code, address + path, json.dumps(headers), str(NOISY_THREADS)]
    noisy = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        noisy.kill()
        noisy.wait()


def others(address: str) -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds, of five people who each read seven times a second."""
    times: list[float] = []
    tokens = [token(address, "", nth) for nth in range(5)]
    with httpx.Client(base_url=address, timeout=60) as client:
        ends = time.monotonic() + NOISE_SECONDS
        while time.monotonic() < ends:
            headers = {"Authorization": f"Bearer {tokens[len(times) % 5]}"}
            began = time.perf_counter()
            client.get("/v1/organisations", headers=headers).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(0.025)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
