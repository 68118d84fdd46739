"""`python -m app.local.run`, as `make run` starts it: a real process, its own PostgreSQL and data directory."""

import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.db.schema import SANDBOX_MARK, check_database, prepared_database
from app.local.embedded_postgres import Addresses
from app.local.embedded_postgres.server import free_port
from tests.sandbox import another_database, role_prefix_of

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 120
BADGE = "01869c2f-7000-7fd8-ae2f-bbd51f681247"
INHERITED = ("PATH", "HOME", "LANG", "PG_BINDIR")


def environment(**configured: str) -> dict[str, str]:
    """An environment without the tests' own settings."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | configured


class Run:
    """A start with its output."""

    def __init__(self, log: Path, *arguments: str, **configured: str) -> None:
        self.log = log
        with log.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.local.run", *arguments],
                cwd=ROOT,
                env=environment(**configured),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output_with(self, text: str) -> str:
        """Wait until the output has the text, and return the output."""
        deadline = time.monotonic() + SECONDS_TO_START
        while text not in (output := self.log.read_text()):
            assert self.process.poll() is None, output
            assert time.monotonic() < deadline, output
            time.sleep(0.05)
        return output

    def ends(self) -> tuple[int, str]:
        code = self.process.wait(SECONDS_TO_START)
        return code, self.log.read_text()


@contextmanager
def running(log: Path, **configured: str) -> Iterator[Run]:
    run = Run(log, **configured)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(60)


def address_in(output: str) -> str:
    found = re.search(r"Swagger UI: (http://\S+)/docs", output)
    assert found, output
    assert f"Front page: {found[1]}/\n" in output
    return found[1]


def count(address: str) -> int:
    total = httpx.get(f"{address}/v1/sandbox/people", params={"include": "total"}, timeout=60).json()["total"]
    assert isinstance(total, int)
    return total


def processes_of(parent: int) -> dict[int, str]:
    """The process ids and command lines of all descendants."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):
                state = (process / "stat").read_text().rpartition(")")[2].split()
                parents[int(process.name)] = int(state[1])
                commands[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
    found = {parent}
    while more := {pid for pid, of in parents.items() if of in found} - found:
        found |= more
    return {pid: commands[pid] for pid in found - {parent}}


def serving_in(run: Run) -> list[int]:
    return [pid for pid, arguments in processes_of(run.process.pid).items() if arguments.endswith("app.local.run ")]


def seconds_until_ready(address: str, run: Run) -> float:
    began = time.monotonic()
    while True:
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == 200:
                return time.monotonic() - began
        except httpx.TransportError:
            assert run.process.poll() is None, run.log.read_text()
        assert time.monotonic() - began < SECONDS_TO_START
        time.sleep(0.02)


@pytest.mark.long
def test_the_first_start_the_second_and_one_after_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    configured: dict[str, str] = {"DATA_DIR": str(data), "PORT": str(free_port()), "LOG_LEVEL": "WARNING"}
    metrics = str(free_port())
    with running(tmp_path / "first.log", **configured, METRICS_PORT=metrics) as first:
        output = first.output_with("All demo people:")
        address = address_in(output)
        command = next(line.strip() for line in output.splitlines() if line.strip().startswith("curl"))
        token = json.loads(subprocess.check_output(shlex.split(command)))["access_token"]
        me = httpx.get(f"{address}/v1/me", headers={"Authorization": f"Bearer {token}"}, timeout=60).json()
        assert me["roles"][0]["role"] == "staff"
        assert httpx.get(f"{address}/docs", timeout=60).status_code == 200
        # The badge of the demo data is signed for the address at which this sandbox is served.
        badge = f"{address}/v1/public/demo/badges/credentials/{BADGE}"
        assert httpx.get(badge, timeout=60).json()["id"] == badge
        people = count(address)
        made = {"name": "Uusi", "email": "uusi@example.org", "roles": []}
        assert httpx.post(f"{address}/v1/sandbox/people", json=made, timeout=60).status_code == 201

        # A dead process is replaced at once.
        (serving,) = serving_in(first)
        os.kill(serving, signal.SIGKILL)
        assert seconds_until_ready(address, first) < 3
        # What it has counted is counted still.
        counted = 'tuntipankki_requests_total{method="GET",route="/docs",status="200"} 1.0'
        assert counted in httpx.get(f"http://127.0.0.1:{metrics}/metrics").text
        # A database that ends by itself is started again, also if the process that runs it is killed.
        for ending, number in (("/bin/postgres ", signal.SIGINT), ("app.local.embedded_postgres ", signal.SIGKILL)):
            (ended,) = [pid for pid, line in processes_of(first.process.pid).items() if ending in line]
            os.kill(ended, number)
            began = time.monotonic()
            while Path(f"/proc/{ended}").exists():
                assert time.monotonic() - began < 30
                time.sleep(0.02)
            assert seconds_until_ready(address, first) < 20

        secret = data / "secret.key"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        key = secret.read_text()

        # A second start beside it finds the port taken, and says so in a line, before it touches anything.
        taken = Run(tmp_path / "taken.log", **configured | {"DATA_DIR": str(tmp_path / "other")})
        code, refused = taken.ends()
        assert code == 1
        assert refused.count("\n") == 1
        assert configured["PORT"] in refused
        assert not (tmp_path / "other" / "postgres").exists()

        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(30) == 0

    with running(tmp_path / "second.log", **configured) as second:
        began = time.monotonic()
        output = second.output_with("All demo people:")
        assert time.monotonic() - began < 60
        assert "demo data has been loaded" not in output
        assert count(address) == people + 1
        assert secret.read_text() == key
        second.process.kill()
        second.process.wait()

    with running(tmp_path / "third.log", **configured) as third:
        third.output_with("All demo people:")
        assert count(address) == people + 1
        third.process.terminate()
        assert third.process.wait(30) == 0

    outsider = Run(tmp_path / "outsider.log", **configured | {"SANDBOX": "false"})
    code, refused = outsider.ends()
    assert code == 1
    assert "belongs to a sandbox" in refused


def is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


@contextmanager
def databases(cluster: Addresses) -> Iterator[tuple[Addresses, dict[str, Any]]]:
    with another_database(cluster) as database:
        yield (
            database,
            {
                "DATABASE_URL": database.service,
                "OWNER_DATABASE_URL": database.owner,
                "ROLE_PREFIX": role_prefix_of(database),
                "PORT": str(free_port()),
            },
        )


@pytest.mark.long
def test_a_named_database_is_a_sandbox_only_if_configured(postgres_cluster: Addresses, tmp_path: Path) -> None:
    with databases(postgres_cluster) as (database, configured):
        configured["DATA_DIR"] = str(tmp_path / "data")
        with running(tmp_path / "run.log", **configured, WORKERS="2") as run:
            address = address_in(run.output_with("Swagger UI:"))
            assert httpx.get(f"{address}/readyz", timeout=60).status_code in {200, 503}
            assert httpx.get(f"{address}/v1/sandbox/people", timeout=60).status_code == 404
            before = serving_in(run)
            assert len(before) == 2
            os.kill(before[0], signal.SIGKILL)
            began = time.monotonic()
            while len(after := serving_in(run)) < 2 or before[0] in after:
                assert time.monotonic() - began < 2
                time.sleep(0.02)
            run.process.kill()
            run.process.wait()
            port = int(configured["PORT"])
            began = time.monotonic()
            while not is_free(port):
                assert time.monotonic() - began < 2
                time.sleep(0.02)
        assert not (tmp_path / "data" / "postgres").exists()
        # A database that another start has made is no sandbox's, even without data.
        code, refused = Run(tmp_path / "sandbox.log", **configured, SANDBOX="true").ends()
        assert code == 1
        assert "was not made by a sandbox" in refused
        with psycopg.connect(database.owner) as connection:
            assert connection.execute("SELECT count(*) FROM callers").fetchone() == (0,)


@pytest.mark.parametrize("stage", ["marked", "half migrated", "migrated"])
def test_the_start_after_a_killed_one_continues(
    postgres_cluster: Addresses, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases(postgres_cluster) as (database, configured):
        with psycopg.connect(database.owner, autocommit=True) as owner:
            name = owner.info.dbname
            owner.execute(f"COMMENT ON DATABASE \"{name}\" IS '{SANDBOX_MARK}'")
        if stage == "half migrated":
            monkeypatch.setenv("OWNER_DATABASE_URL", database.owner)
            monkeypatch.setenv("ROLE_PREFIX", configured["ROLE_PREFIX"])
            monkeypatch.setenv("SANDBOX", "true")
            upgrade = [sys.executable, "-m", "alembic", "upgrade", "foundations"]
            subprocess.run(upgrade, cwd=ROOT, check=True, capture_output=True)
        if stage == "migrated":
            with prepared_database(database.owner, configured["ROLE_PREFIX"], sandbox=True):
                pass
        with prepared_database(database.owner, configured["ROLE_PREFIX"], sandbox=True):
            pass
        check_database(database.service, sandbox=True)


def test_migrations_by_hand_do_not_touch_a_sandbox(postgres_cluster: Addresses) -> None:
    with databases(postgres_cluster) as (database, configured):
        with prepared_database(database.owner, configured["ROLE_PREFIX"], sandbox=True):
            pass
        upgrade = [sys.executable, "-m", "alembic", "upgrade", "head"]
        by_hand = subprocess.run(
            upgrade, cwd=ROOT, env=environment(**configured), check=False, capture_output=True, text=True
        )
        assert by_hand.returncode != 0
        assert "belongs to a sandbox" in by_hand.stderr


@pytest.mark.parametrize(
    "program",
    [("-c", "from app.main import app_from_environment; app_from_environment()"), ("-m", "app.worker")],
    ids=["service", "worker"],
)
def test_no_other_process_starts_on_a_sandbox(postgres_cluster: Addresses, program: tuple[str, str]) -> None:
    with databases(postgres_cluster) as (database, configured):
        with prepared_database(database.owner, configured["ROLE_PREFIX"], sandbox=True):
            pass
        started = subprocess.run(
            [sys.executable, *program],
            cwd=ROOT,
            env=environment(**configured, SECRET_KEY="x" * 40),
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert started.returncode != 0
        assert "belongs to a sandbox" in started.stderr


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ({"PORT": "many"}, "PORT: "),
        ({"SECRET_KEY": "short"}, "SECRET_KEY needs at least 32 characters"),
        ({"SANDBOX": "true", "OIDC_ISSUERS": '[{"issuer": "https://id.example", "audience": "a"}]'}, "SANDBOX"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "OWNER_DATABASE_URL"),
    ],
)
def test_wrong_settings_are_reported_in_a_line(tmp_path: Path, wrong: dict[str, str], reported: str) -> None:
    given = {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port())} | wrong
    code, output = Run(tmp_path / "run.log", **given).ends()
    assert code == 1
    assert reported in output
    assert "Traceback" not in output
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        code, output = Run(tmp_path / "run.log", DATA_DIR=str(tmp_path / "data"), PORT=port).ends()
    assert (code, output.count("\n")) == (1, 1)
    assert not (tmp_path / "data" / "postgres").exists()
