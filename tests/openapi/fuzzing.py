"""Runs schemathesis as it is run by hand, in a process of its own."""

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")


def check_answers(address: str, document: Path, config: Path, *options: str) -> None:
    """Fails with all that was found, each with the request that shows it."""
    found = subprocess.run(
        [PROGRAM, f"--config-file={config}", "--no-color", "run", document, f"--url={address}", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
