"""The programs of production load nothing of the sandbox, of `make run` and of the tests, and need none of it."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from app import main
from app.db.schema import prepared_database
from app.local.embedded_postgres import Addresses
from app.sandbox import main as sandbox
from app.settings import Settings
from tests.conftest import SECRET
from tests.sandbox import another_database, role_prefix_of

ROOT = Path(__file__).parents[1]
LOOKING = """
import json, sys
before = set(sys.modules)
{}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
SERVICE = """
import asyncio
from app.main import app_from_environment

async def start_and_stop():
    app = app_from_environment()
    async with app.router.lifespan_context(app):
        app.openapi()

asyncio.run(start_and_stop())
"""
WORKER = """
import asyncio, os, signal
from app import worker

async def start_and_stop():
    asyncio.get_running_loop().call_later(1, os.kill, os.getpid(), signal.SIGTERM)
    await worker.main()

asyncio.run(start_and_stop())
"""
SETUP = """
from app import setup

assert setup.main(["--study-centre", "Opintokeskus Uusi", "--staff", "https://id.example", "subject-1"]) == 0
"""


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_OF_THE_SERVICE = {
    re.split(r"[^\w-]", requirement)[0]
    for requirement in PROJECT["project"]["optional-dependencies"]["local"] + PROJECT["dependency-groups"]["dev"]
}


def test_the_service_installs_none_of_the_other_packages() -> None:
    text = (ROOT / "requirements" / "service.txt").read_text(encoding="utf-8")
    assert {"embedded-postgres", "pytest"} < NOT_OF_THE_SERVICE
    assert NOT_OF_THE_SERVICE.isdisjoint(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def test_each_factory_names_the_one_for_other_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://")
    monkeypatch.setenv("SECRET_KEY", SECRET)
    with pytest.raises(ValueError, match=re.escape("app.main:app_from_environment")):
        sandbox.create_app(Settings())
    monkeypatch.setenv("SANDBOX", "true")
    with pytest.raises(ValueError, match=re.escape("app.sandbox.main:app_from_environment")):
        main.app_from_environment()


@pytest.mark.parametrize("program", [SERVICE, WORKER, SETUP], ids=["service", "worker", "setup"])
def test_a_production_start_loads_neither_the_sandbox_nor_the_launcher(
    postgres_cluster: Addresses, program: str
) -> None:
    with another_database(postgres_cluster) as database:
        with prepared_database(database.owner, role_prefix_of(database), sandbox=False):
            pass
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": database.service,
            "OWNER_DATABASE_URL": database.owner,
            "ROLE_PREFIX": role_prefix_of(database),
            "SECRET_KEY": SECRET,
            "SMTP_URL": "smtp://127.0.0.1:9",
            "MAIL_FROM": "opintokeskus@example.org",
        }
        looked = subprocess.run(
            [sys.executable, "-c", LOOKING.format(program)],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    loaded = json.loads(looked.stdout.splitlines()[-1])
    assert [name for name in loaded if name.startswith(("app.sandbox", "app.local"))] == []
    installed = packages_distributions()
    packages = {package.lower() for name in loaded for package in installed.get(name.partition(".")[0], [])}
    assert packages & NOT_OF_THE_SERVICE == set()
