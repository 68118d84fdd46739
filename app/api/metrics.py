"""The metrics of the service. With `METRICS_PORT` each process of a start counts in a file; the files are summed."""

import atexit
import math
import os
import shutil
import tempfile
import time
from functools import cache

if os.environ.get("METRICS_PORT") and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # The library looks for it when it is imported. The processes are forked from this one.
    _folder = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="tuntipankki-metrics-")
    _owner = os.getpid()

    @atexit.register
    def _remove() -> None:
        if os.getpid() == _owner:
            shutil.rmtree(_folder, ignore_errors=True)


from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

KEPT_SECONDS = 1.0

requests_seen = Counter("tuntipankki_requests", "Requests answered", ["method", "route", "status"])
request_seconds = Histogram("tuntipankki_request_seconds", "Time to the answer", ["method", "route"])


def count(method: str, route: str, status: int, seconds: float) -> None:
    counter, histogram = _meters_of(method, route, status)
    counter.inc()
    histogram.observe(seconds)


@cache
def _meters_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts these requests; looking it up by its labels takes as long as counting."""
    return requests_seen.labels(method, route, status), request_seconds.labels(method, route)


class KeptMetrics:
    """Rendered at most once a second, however many ask."""

    def __init__(self) -> None:
        self._content = b""
        self._rendered_at = -math.inf

    def get(self) -> bytes:
        if time.monotonic() - self._rendered_at >= KEPT_SECONDS:
            self._content = self._render()
            self._rendered_at = time.monotonic()
        return self._content

    def _render(self) -> bytes:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest()
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # The library has no types here.
        return generate_latest(registry)
