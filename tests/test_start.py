"""What a start installs, and what a process of the service loads before its first request."""

import re
import subprocess
import sys
from pathlib import Path

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
