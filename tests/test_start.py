"""What a process of the service loads before its first request."""

import subprocess
import sys
from pathlib import Path

LATER = {"PIL", "alembic", "holidays", "icalendar", "markdown_it", "pyhanko", "typst"}
"""Libraries that only some requests need: together they would take a third of the start, and 40 MB."""


def test_a_start_leaves_libraries_out_that_only_some_requests_need() -> None:
    program = "import sys, app.main; print(*{name.partition('.')[0] for name in sys.modules})"
    root = Path(__file__).parent.parent
    loaded = subprocess.run([sys.executable, "-c", program], cwd=root, check=True, capture_output=True, text=True)
    assert not LATER & set(loaded.stdout.split())
