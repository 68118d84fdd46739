"""A client is generated from the document, and an integration that is written with it does its work."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from openapi.__main__ import COMMITTED
from tests.builders import Centre, Person
from tests.node import HERE as NODE
from tests.node import run

HERE = Path(__file__).parent


@pytest.fixture
def environment(centre: Centre, main_user: Person, central: UUID) -> dict[str, str]:
    centre.change_window()
    return {
        "ADDRESS": centre.address,
        "TOKEN": main_user.client.headers["Authorization"].removeprefix("Bearer "),
        "ORGANISATION_ID": str(central),
        "SINCE": datetime.now(UTC).isoformat(),
    }


def check(said: str) -> None:
    """Check what an integration has written: two requests from three, both copied, and the facts of an error."""
    told: dict[str, Any] = json.loads(said)
    first, again, second = told["made"]
    assert first == again != second
    assert told["copied"] == [second, first]
    assert told["again"] == 304
    assert (told["refused"]["code"], told["refused"]["asked"]) == ("quota-exceeded", 1_000)
    assert told["refused"]["available"] == 0


def checked(*command: object, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    arguments = [*map(str, command)]
    ran = subprocess.run(arguments, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.long
def test_openapi_python_client_makes_a_client_that_works(environment: dict[str, str], tmp_path: Path) -> None:
    generator = Path(sys.executable).with_name("openapi-python-client")
    checked(
        *(generator, "generate", "--meta=none", "--fail-on-warning", f"--path={COMMITTED}"),
        *(f"--config={HERE / 'openapi-python-client.yaml'}", f"--output-path={tmp_path / 'tuntipankki'}"),
    )
    checked(sys.executable, "-m", "compileall", "-q", tmp_path)
    path = {"PYTHONPATH": str(tmp_path)}
    check(checked(sys.executable, HERE / "integration.py", env=os.environ | environment | path))


@pytest.mark.long
def test_openapi_typescript_makes_types_that_an_integration_compiles_with(
    environment: dict[str, str], tmp_path: Path
) -> None:
    run("openapi-typescript", COMMITTED, "-o", tmp_path / "tuntipankki.d.ts")
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    for name in ("integration.ts", "environment.d.ts", "tsconfig.json"):
        (tmp_path / name).write_bytes((HERE / name).read_bytes())
    run("tsc", "--project", tmp_path)
    check(checked("node", "integration.js", cwd=tmp_path, env=os.environ | environment))
