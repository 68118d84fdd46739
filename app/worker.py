"""`python -m app.worker`: mail, and the jobs of the night, which run at the start and then every night by real time.

Reminders, expired applications and lapsed trainings are looked for every minute. What has been done before is not done
again, so nobody records when the job ran last.

A plain loop, not procrastinate. The jobs of the night may run twice without harm, and nobody enqueues them. Mail is
enqueued by the outbox, which every request writes anyway, in the transaction that the mail is about. A mail is a row
with its state, its text and its Message-ID, and this row is also the queue's item, taken with SKIP LOCKED. With
procrastinate there would be a second row for each mail, in a table outside the study centres, to be kept in step with
the first, and a schema, a pool and rights of the service's role; and its job too would run again when a worker dies.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, time, timedelta

import psycopg
import structlog
from prometheus_client import Counter, Gauge, start_http_server

from app import logs
from app.api.keys import read_keys, token_mailing
from app.db.connections import Connections
from app.db.health import find_broken_ledgers, list_study_centres, purge_answers
from app.db.schema import WrongDatabaseError, check_database
from app.delivery.composing import sender_of
from app.delivery.smtp import Server
from app.domain.calendar.deadlines import HELSINKI
from app.domain.people.personal_data import ANSWERS_KEPT_DAYS
from app.services.calendar.due_reminders import send_reminders
from app.services.delivery.deliveries import Deliveries
from app.services.delivery.outgoing_mails import make_mails
from app.services.people.expiring import expire_applications
from app.services.people.removing import remove_old_addresses
from app.services.trainings.anonymising import anonymise_due
from app.services.trainings.certificate_batches import make_batches
from app.services.trainings.certificates import making_of
from app.services.trainings.koski_consents import delete_due_identities
from app.services.trainings.lapsing import lapse_trainings
from app.settings import Settings, settings_from_environment

AT_NIGHT = time(2, 30)
"""Local time in Helsinki at which the jobs of the night run: every night has this time exactly once."""
AGAIN_SECONDS = 600.0
MAIL_SECONDS = 2.0
REMINDING_SECONDS = 60.0
CANCELLED_AGAIN_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 15.0
"""The longest pause between attempts of a mail job. The server is soon available again, and what it has accepted is to
be written down before another worker may take the mail."""
MAIL_STATEMENT_MS = 60_000
"""Time for a statement of a mail job, which may make mails to very many people in one transaction."""

Job = Callable[[Connections], Awaitable[None]]

log = structlog.get_logger()
ledgers_astray = Gauge("tuntipankki_ledgers_astray", "Study centres whose ledger breaks promise L1")
runs = Counter("tuntipankki_jobs", "Runs of jobs", ["job", "outcome"])
succeeded_at = Gauge("tuntipankki_job_succeeded_at_seconds", "When a job last succeeded, by real time", ["job"])


async def check_ledgers(connections: Connections) -> None:
    """Check promise L1 by its views."""
    astray = await find_broken_ledgers(connections)
    ledgers_astray.set(len(astray))
    for centre, views in astray.items():
        log.error("ledger astray", study_centre_id=str(centre), views=views)


async def purge_stored_answers(connections: Connections) -> None:
    """Purge the stored answers of requests that are not sent again."""
    log.info("answers purged", answers=await purge_answers(connections, days=ANSWERS_KEPT_DAYS))


async def remove_addresses(connections: Connections) -> None:
    """Remove addresses and links that are no longer needed in all study centres."""
    removed = 0
    for centre in await list_study_centres(connections):
        async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
            removed += await remove_old_addresses(connection)
    log.info("addresses removed", rows=removed)


async def anonymise_participants(connections: Connections) -> None:
    """Make the participants of old years anonymous in all study centres."""
    anonymised = 0
    for centre in await list_study_centres(connections):
        async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
            anonymised += await anonymise_due(connection)
    log.info("participants anonymised", rows=anonymised)


async def delete_identities(connections: Connections) -> None:
    """Delete the identity codes of consents for Koski whose time has passed, in all study centres."""
    deleted = 0
    for centre in await list_study_centres(connections):
        async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
            deleted += await delete_due_identities(connection)
    log.info("identity codes deleted", rows=deleted)


async def remind_all(connections: Connections) -> None:
    """Send the reminders of all study centres."""
    for centre in await list_study_centres(connections):
        async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
            await send_reminders(connection)


async def lapse_all(connections: Connections) -> None:
    """Lapse trainings in all study centres. Raise RuntimeError at the end if some failed: their errors are logged."""
    failed = 0
    for centre in await list_study_centres(connections):
        try:
            async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
                failed += await lapse_trainings(connection)
        except Exception as error:
            failed += 1
            log.error("trainings did not lapse", study_centre_id=str(centre), exc_info=error)
    if failed:
        raise RuntimeError(f"{failed} did not lapse")


async def expire_all(connections: Connections) -> None:
    """Expire applications in all study centres."""
    for centre in await list_study_centres(connections):
        async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
            await expire_applications(connection)


def making_mails(public_url: str | None) -> Job:
    async def make_all_mails(connections: Connections) -> None:
        """Make the mails of all study centres."""
        for centre in await list_study_centres(connections):
            async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
                await make_mails(connection, public_url)

    return make_all_mails


def making_certificates(settings: Settings) -> Job:
    keys = read_keys(settings)
    making = making_of(keys.public_url, keys.seal)

    async def make_certificates(connections: Connections) -> None:
        """Make the certificates that are requested in all study centres."""
        for centre in await list_study_centres(connections):
            async with connections.apart(centre, statement_timeout_ms=MAIL_STATEMENT_MS) as connection:
                await make_batches(connection, making)

    return make_certificates


JOBS: tuple[Job, ...] = (
    check_ledgers,
    purge_stored_answers,
    remove_addresses,
    anonymise_participants,
    delete_identities,
)


def mail_jobs(settings: Settings) -> Mapping[Job, float]:
    """The jobs with the seconds between two runs. Mails are always made, and delivered if there is a mail server."""
    making: dict[Job, float] = {
        remind_all: REMINDING_SECONDS,
        expire_all: REMINDING_SECONDS,
        lapse_all: REMINDING_SECONDS,
        making_mails(settings.public_url): MAIL_SECONDS,
        making_certificates(settings): MAIL_SECONDS,
    }
    if settings.smtp_url is None:
        return making
    server = Server.at(settings.smtp_url.get_secret_value())
    first_pause = timedelta(seconds=settings.mail_retry_seconds)
    deliveries = Deliveries(
        server,
        sender_of(settings.mail_from),
        first_pause,
        token_mailing(settings),
        keeps_tokens=settings.sandbox,
    )
    return making | {deliveries.deliver_mails: MAIL_SECONDS}


async def work(
    connections: Connections, jobs: tuple[Job, ...] = JOBS, often: Mapping[Job, float] | None = None
) -> None:
    """Run the jobs of the night and the frequent jobs until cancelled."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_every_night(job, connections)) for job in jobs]
        tasks += [group.create_task(_often(job, connections, seconds)) for job, seconds in (often or {}).items()]
        if not tasks:
            return
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            # Before Python 3.12 a wait that ends at that moment loses its cancellation, so it is repeated.
            while running := [task for task in tasks if not task.done()]:
                for task in running:
                    task.cancel()
                await asyncio.wait(running, timeout=CANCELLED_AGAIN_SECONDS)
            raise


async def _every_night(job: Job, connections: Connections) -> None:
    while True:
        pause = AGAIN_SECONDS
        if await run(job, connections):
            now = datetime.now(UTC)
            pause = (next_night(now) - now).total_seconds()
        await asyncio.sleep(pause)


async def _often(job: Job, connections: Connections, seconds: float) -> None:
    pause = seconds
    while True:
        pause = seconds if await run(job, connections) else min(pause * 2, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause)


async def run(job: Job, connections: Connections) -> bool:
    """Run the job and return whether it succeeded. A failure is logged."""
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
    settings = settings_from_environment()
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
    often = mail_jobs(settings)
    working = asyncio.create_task(work(connections, often=often))
    for stop in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(stop, working.cancel)
    log.info("worker started", jobs=[job.__name__ for job in (*JOBS, *often)])
    await asyncio.wait([working])
    await connections.close()
    log.info("worker stopped")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (WrongDatabaseError, ValueError) as refusal:
        sys.exit(str(refusal))
    except psycopg.OperationalError as error:
        sys.exit(f"The database does not respond: {error}")
