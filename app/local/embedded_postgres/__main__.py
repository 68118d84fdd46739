"""`python -m app.local.embedded_postgres PARENT-PID DATA-DIR ROLE-PREFIX`: the database in a process of its own.

It writes the addresses as a line of JSON, and ends with its parent or by SIGTERM. The launcher has no thread besides,
because it forks the service's processes.
"""

import json
import os
import signal
import sys
from pathlib import Path

from app.local.embedded_postgres import EmbeddedPostgresError, started_postgres
from app.processes import end_with_parent


def main(parent: str, data_dir: str, role_prefix: str) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    end_with_parent(int(parent), signal.SIGTERM)
    bindir = os.environ.get("PG_BINDIR")
    try:
        with started_postgres(Path(data_dir), bindir=Path(bindir) if bindir else None, role_prefix=role_prefix) as (
            addresses,
            server,
        ):
            print(json.dumps(vars(addresses)), flush=True)
            server.wait_for_end()
    except EmbeddedPostgresError as refusal:
        print(refusal, file=sys.stderr)
    except OSError as error:
        print(f"The database in {data_dir} does not start: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
