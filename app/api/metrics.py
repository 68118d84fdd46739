"""The metrics of the service. With `METRICS_PORT` each process of a start counts in a file; the files are summed.

`app.serving` makes the folder of the files before the library is imported.
"""

import math
import time
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

KEPT_SECONDS = 1.0
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

requests_seen = Counter("tuntipankki_requests", "Requests answered", ["method", "route", "status"])
request_seconds = Histogram("tuntipankki_request_seconds", "Time to the answer", ["method", "route"])


def count(method: str, route: str, status: int, seconds: float) -> None:
    counter, histogram = _meters_of(method, route, status)
    counter.inc()
    histogram.observe(seconds)


@cache
def _meters_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts these requests; looking it up by its labels takes as long as counting.

    HTTP has dozens of methods that no path has: each with each path would make megabytes of metrics.
    """
    method = method if method in METHODS else "other"
    return requests_seen.labels(method, route, status), request_seconds.labels(method, route)


class KeptMetrics:
    """Rendered at most once a second, however many ask."""

    def __init__(self) -> None:
        self._registry = _registry()
        self._content = b""
        self._rendered_at = -math.inf

    def get(self) -> bytes:
        if time.monotonic() - self._rendered_at >= KEPT_SECONDS:
            self._content = generate_latest(self._registry)
            self._rendered_at = time.monotonic()
        return self._content


def _registry() -> CollectorRegistry:
    """All processes' if they count in files, else this one's."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # The library has no types here.
    except ValueError:  # There is no folder.
        return REGISTRY
    return registry
