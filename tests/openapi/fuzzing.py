"""Runs schemathesis like on the command line, in a process of its own.

`make fuzz` gives it more to do, and a long time, with `SCHEMATHESIS`; then it tries something new each time.
"""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")


SAME_EACH_TIME = "--seed=20230315 --generation-deterministic"


def check_answers(address: str, document: Path, config: Path, *options: str, short: str) -> None:
    """Fail with everything that was found, each with its request; `make test` has time for `short` only."""
    extent = os.environ.get("SCHEMATHESIS", f"{SAME_EACH_TIME} {short}").split()
    found = subprocess.run(
        [PROGRAM, f"--config-file={config}", "--no-color", "run", document, f"--url={address}", *options, *extent],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
