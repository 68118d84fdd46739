"""Programs of npm that the tests start; without Node, or before `npm ci`, their tests are skipped and say so."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS = HERE / "node_modules" / ".bin"


def run(program: str, *arguments: object) -> str:
    """Run a program of `package.json`, and return what it writes. Fail with all of it if the program fails."""
    if shutil.which("node") is None:
        pytest.skip(f"{program} needs Node, which is not here")
    if not (PROGRAMS / program).exists():
        pytest.skip(f"{program} is not installed: `make tests/node/node_modules`")
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    ran = subprocess.run(
        [PROGRAMS / program, *map(str, arguments)],
        cwd=HERE,
        env=os.environ | quiet,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
