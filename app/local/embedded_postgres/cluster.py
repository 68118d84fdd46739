"""The cluster on disk: making it, its version, its passwords."""

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.local.embedded_postgres.errors import EmbeddedPostgresError
from app.local.embedded_postgres.programs import Account, major_version
from app.local.embedded_postgres.server import ENVIRONMENT, command_on, free_port

SUPERUSER = "postgres"


@dataclass
class Access:
    """What stays the same from start to start, kept in a file that only its owner can read."""

    admin: str
    owner: str
    service: str
    port: int


def check_version(cluster: Path, bindir: Path) -> None:
    """Raise EmbeddedPostgresError where these programs cannot run on the data."""
    major = major_version(bindir)
    if cluster.exists() and (made_by := int((cluster / "PG_VERSION").read_text())) != major:
        raise EmbeddedPostgresError(
            f"{cluster} was made by PostgreSQL {made_by}, but {bindir} holds PostgreSQL {major}. "
            f"Set PG_BINDIR to the programs of PostgreSQL {made_by}; or move the data over with pg_dumpall "
            f"or pg_upgrade; or, to start empty, remove {cluster}."
        )


def access_to(data_dir: Path, cluster: Path) -> Access:
    """The passwords and the port of the runs before, or new ones for the first."""
    file = data_dir / "postgres.json"
    if file.exists():
        return Access(**json.loads(file.read_text()))
    if cluster.exists():
        raise EmbeddedPostgresError(f"{file} with the passwords of {cluster} is missing: restore it.")
    admin, owner, service = (secrets.token_urlsafe(24) for _ in range(3))
    access = Access(admin, owner, service, free_port())
    keep_access(data_dir, access)
    return access


def keep_access(data_dir: Path, access: Access) -> None:
    """Write the file whole or not at all."""
    handle, unfinished = tempfile.mkstemp(prefix="postgres.json-", dir=data_dir)  # Its mode is 0600.
    with os.fdopen(handle, "w") as file:
        json.dump(vars(access), file)
        file.flush()
        os.fsync(handle)
    Path(unfinished).rename(data_dir / "postgres.json")


def make_cluster(cluster: Path, bindir: Path, account: Account, password: str, durable: bool) -> None:
    """Make it aside and rename it, so that a first start that was cut off is simply made again."""
    for leftover in cluster.parent.glob("postgres.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=cluster.parent))
    if os.geteuid() == 0:
        os.chown(unfinished, account.uid, account.gid)
    directory = os.open(unfinished, os.O_RDONLY | os.O_DIRECTORY)
    # In memory only, and open to initdb alone, which inherits it.
    password_file = os.memfd_create("password")
    os.write(password_file, f"{password}\n".encode())
    options = [
        f"--username={SUPERUSER}",
        f"--pwfile=/proc/self/fd/{password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *([] if durable else ["--no-sync"]),
    ]
    try:
        initdb = subprocess.run(  # noqa: S603 - The operator chose the programs.
            command_on(directory, account, bindir / "initdb", options),
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=ENVIRONMENT,
            pass_fds=[directory, password_file],
            start_new_session=True,
        )
    finally:
        os.close(password_file)
        os.close(directory)
    if initdb.returncode != 0:
        raise EmbeddedPostgresError(f"initdb could not make {cluster}:\n{initdb.stdout}{initdb.stderr}")
    unfinished.rename(cluster)
