"""`python -m app.worker`: the jobs of the night, each at the start and then every night; they go by real time.

A plain loop, not procrastinate: both jobs are periodic, may be run twice without harm and are enqueued by nobody, so
a queue would be a schema, a pool and rights of the service's role for nothing. Mail, which a request enqueues in its
own transaction, is what brings the queue.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta

import structlog
from prometheus_client import Counter, Gauge, start_http_server

from app import logs
from app.db.connections import Connections
from app.db.health import list_astray, purge_answers
from app.db.schema import check_database
from app.domain.calendar.deadlines import HELSINKI
from app.settings import Settings

AT_NIGHT = time(2, 30)
"""In Helsinki: an hour that every night has, and once."""
AGAIN_SECONDS = 600.0
ANSWERS_KEPT_DAYS = 31
"""The contract promises 30 at least."""

Job = Callable[[Connections], Awaitable[None]]

log = structlog.get_logger()
ledgers_astray = Gauge("tuntipankki_ledgers_astray", "Study centres whose ledger breaks promise L1")
runs = Counter("tuntipankki_jobs", "Runs of jobs", ["job", "outcome"])
succeeded_at = Gauge("tuntipankki_job_succeeded_at_seconds", "When a job last succeeded, by real time", ["job"])


async def check_ledgers(connections: Connections) -> None:
    """Asks the views of promise L1."""
    astray = await list_astray(connections)
    ledgers_astray.set(len(astray))
    for centre, views in astray.items():
        log.error("ledger astray", study_centre_id=str(centre), views=views)


async def purge_stored_answers(connections: Connections) -> None:
    """Of requests that nobody sends again."""
    log.info("answers purged", answers=await purge_answers(connections, days=ANSWERS_KEPT_DAYS))


JOBS: tuple[Job, ...] = (check_ledgers, purge_stored_answers)


async def work(connections: Connections, jobs: tuple[Job, ...] = JOBS) -> None:
    """Until it is cancelled."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_every_night(job, connections))


async def _every_night(job: Job, connections: Connections) -> None:
    while True:
        pause = AGAIN_SECONDS
        if await run(job, connections):
            now = datetime.now(UTC)
            pause = (next_night(now) - now).total_seconds()
        await asyncio.sleep(pause)


async def run(job: Job, connections: Connections) -> bool:
    """Whether it succeeded: a job that fails is told, and tried again soon."""
    name = job.__name__
    try:
        await job(connections)
    except Exception as error:
        runs.labels(name, "failed").inc()
        log.error("job failed", job=name, exc_info=error)
        return False
    runs.labels(name, "succeeded").inc()
    succeeded_at.labels(name).set_to_current_time()
    return True


def next_night(now: datetime) -> datetime:
    local = now.astimezone(HELSINKI)
    tonight = datetime.combine(local, AT_NIGHT, HELSINKI)
    return tonight if now < tonight else datetime.combine(local + timedelta(days=1), AT_NIGHT, HELSINKI)


async def main() -> None:
    settings = Settings()
    logs.configure(settings.log_level)
    check_database(settings.database_url, sandbox=settings.sandbox)
    if settings.worker_metrics_port is not None:
        start_http_server(settings.worker_metrics_port, settings.host)
    connections = Connections(
        settings.database_url,
        largest=1,
        idle_seconds=settings.connection_idle_seconds,
        statement_timeout_ms=settings.statement_timeout_ms,
        lock_timeout_ms=settings.lock_timeout_ms,
    )
    working = asyncio.create_task(work(connections))
    for stop in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(stop, working.cancel)
    log.info("worker started", jobs=[job.__name__ for job in JOBS])
    await asyncio.wait([working])
    await connections.close()
    log.info("worker stopped")


if __name__ == "__main__":
    asyncio.run(main())
