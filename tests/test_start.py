"""What a start installs, and what a process of the service loads before its first request."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import WrongSettingsError, settings_from_environment
from tests.conftest import SECRET

ROOT = Path(__file__).parent.parent
LATER = {"PIL", "alembic", "holidays", "icalendar", "markdown_it", "pyhanko", "typst"}
"""Libraries that only some requests need: together they would take a third of the start, and 40 MB."""


def test_a_start_leaves_libraries_out_that_only_some_requests_need() -> None:
    program = "import sys, app.main; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not LATER & set(loaded.stdout.split())


def test_make_run_installs_no_test_tools(tmp_path: Path) -> None:
    dry_run = ["make", "--dry-run", f"VENV={tmp_path}", "run"]
    commands = subprocess.run(dry_run, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    (installed,) = re.findall(r"pip install .* -r (\S+)", commands)
    assert installed == "requirements/local.txt"
    packages = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / installed).read_text(), re.MULTILINE))
    assert "fastapi" in packages
    assert not packages & {"pytest", "hypothesis", "schemathesis", "playwright", "ruff", "mypy", "coverage"}


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ({"OIDC_ISSUERS": "https://id.example.org"}, "OIDC_ISSUERS: Input should be a valid list, as JSON"),
        ({"OIDC_ISSUERS": '[{"issuer": "https://id.example.org"}]'}, "OIDC_ISSUERS.0.audience: Field required"),
        (
            {"TRUSTED_PROXIES": '["300.1.1.1"]'},
            "TRUSTED_PROXIES.0: Input is not a valid IPv4 network\n"
            "TRUSTED_PROXIES.0: Input is not a valid IPv6 network",
        ),
        ({"SECRET_KEY": "hunter2"}, "SECRET_KEY needs at least 32 characters"),
        ({"BADGE_KEYS": "/etc/badge.pem"}, "BADGE_KEYS: Input should be a valid list, as JSON"),
        (
            {"IDENTITY_KEYS": '["aHVudGVyMg=="]'},
            "IDENTITY_KEYS.0: a key is 32 bytes in base64: openssl rand -base64 32",
        ),
        ({"IDENTITY_KEYS": '["hunter2"]'}, "IDENTITY_KEYS.0: a key is 32 bytes in base64: openssl rand -base64 32"),
        ({"SEAL_KEY": "/etc/seal-key.pem"}, "SEAL_CERTIFICATE and SEAL_KEY are needed together, or neither"),
        (
            {"PUBLIC_URL": "https://tunnit.example.org/"},
            "PUBLIC_URL: this is to be an origin, such as https://tunnit.example.org, without a path or a last slash",
        ),
    ],
)
def test_a_wrong_setting_is_a_line_without_its_value(
    wrong: dict[str, str], reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATABASE_URL": "postgresql://", "SECRET_KEY": SECRET, **wrong}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettingsError) as error:
        settings_from_environment()
    assert str(error.value) == reported


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ({"SMTP_URL": "smtp://user:hunter2@mail.example.org"}, "SMTP_URL needs MAIL_FROM, the sender of the emails\n"),
        ({}, "The database does not respond: "),
    ],
)
def test_the_worker_says_in_a_line_why_it_does_not_start(wrong: dict[str, str], reported: str) -> None:
    environment = os.environ | {"DATABASE_URL": "postgresql://x@127.0.0.1:1/x", "SECRET_KEY": SECRET, **wrong}
    program = [sys.executable, "-m", "app.worker"]
    ended = subprocess.run(program, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(reported)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("address", "reported"), [("", "Set OWNER_DATABASE_URL"), ("postgresql://x@127.0.0.1:1/x", "Connection refused")]
)
def test_a_migration_says_in_a_line_why_it_does_not_start(address: str, reported: str) -> None:
    environment = os.environ | {"OWNER_DATABASE_URL": address}
    program = [sys.executable, "-m", "alembic", "current"]
    ended = subprocess.run(program, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert reported in ended.stderr
    assert "Traceback" not in ended.stderr
