"""A full disk of the embedded database: nothing is half written, and what is refused succeeds when there is room."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic import command

from app.db import connections
from app.db.identifiers import new_id
from app.local.embedded_postgres import EmbeddedPostgresError, server, started_postgres
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, refusal
from tests.conftest import SECRET
from tests.local.test_run import Run
from tests.migrations.conftest import alembic_config
from tests.restore_drill import loaded, looked_at
from tests.server import serving

MEGABYTES = 256
MUCH = "SELECT pg_logical_emit_message(false, 'test', repeat(' ', 1000000)) FROM generate_series(1, %s)"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk for the test alone."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=755", "tmpfs", disk], check=False
        ).returncode
    ):
        pytest.skip("Nobody but root mounts a disk, and not on every machine.")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Without any room, until the end of the block."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free)
    try:
        yield
    finally:
        filler.unlink()


def first(ask: Callable[[], httpx.Response], status: int) -> httpx.Response:
    deadline = time.monotonic() + 20
    while (answer := ask()).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.02)
    return answer


@pytest.mark.long
def test_a_full_disk_refuses_writes_and_then_ends_the_database_until_there_is_room(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STANDSTILL_SECONDS", 1.0)
    centre_id = new_id()
    booked: list[str] = []
    with started_postgres(disk / "data") as (addresses, running):

        @contextmanager
        def ended_for_want_of_room() -> Iterator[None]:
            """Fill the disk, and write so much that PostgreSQL ends: it has no room for the write-ahead log."""
            with psycopg.connect(addresses.admin) as admin, filled(disk):
                with pytest.raises(psycopg.OperationalError):
                    admin.execute(MUCH, [MEGABYTES])
                yield

        command.upgrade(alembic_config(addresses.owner, addresses.service), "head")
        settings = Settings(
            database_url=addresses.service,
            database_dir=disk,
            secret_key=SECRET,
            sandbox=True,
            log_level="CRITICAL",
            statement_timeout_ms=1000,
        )
        options = f"-c app.study_centre_id={centre_id} -c timezone=Europe/Helsinki"
        with (
            serving(create_app(settings)) as address,
            psycopg.connect(addresses.owner, autocommit=True, options=options) as owner,
        ):
            centre = Centre(centre_id, owner, address, SandboxIssuer(SECRET))
            load = loaded(centre)
            body = {"organisation_id": str(load.organisation_id), "year": 2023, "hours": 1}

            def book() -> httpx.Response:
                """Return an hour; after a refusal the same request is sent again."""
                answer = load.person.post("/v1/hour-returns", body, key=f"number-{len(booked)}")
                if answer.status_code == 201:
                    booked.append(answer.json()["id"])
                return answer

            def ready() -> httpx.Response:
                return httpx.get(f"{address}/readyz")

            assert (book().status_code, ready().status_code) == (201, 200)
            with filled(disk):
                assert refusal(first(book, 503)) == (503, "busy")
                assert refusal(ready()) == (503, "not-ready")
                checks = ready().json()["checks"]
                assert {name for name, check in checks.items() if not check["ok"]} == {"disk"}
                assert load.person.get("/v1/me").status_code == 200
            assert (book().status_code, ready().status_code) == (201, 200)

            with ended_for_want_of_room():
                assert refusal(book()) == (503, "busy")
            first(book, 201)
            first(ready, 200)
            for client in centre.clients:
                client.close()

        kept = looked_at(addresses, centre_id, time.monotonic())
        assert kept.is_right
        assert sorted(map(str, kept.returns)) == sorted(booked)

        monkeypatch.setattr(server, "LONGEST_PAUSE", 0.3)
        full = f"again and again. The disk of {disk}/data is full."
        with ended_for_want_of_room(), pytest.raises(EmbeddedPostgresError, match=full):
            running.wait_for_end()


def test_a_start_on_a_full_disk_says_so(disk: Path) -> None:
    with filled(disk):
        code, output = Run(disk.parent / "run.log", DATA_DIR=str(disk / "data"), PORT="0").ends()
    assert code == 1
    assert output == f"Cannot write to {disk}/data (No space left on device). Set another DATA_DIR.\n"
    assert not list((disk / "data").iterdir())
