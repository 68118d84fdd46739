"""`make run`: the whole service with one command, on a database that it starts, migrates and fills itself."""

import importlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

from app import logs
from app.api.keys import read_keys
from app.db.schema import WrongDatabaseError, prepared_database
from app.keys.files import WrongKeyError
from app.keys.reading import Keys
from app.processes import StartFailed
from app.sandbox.demo.loading import FINLAND, load_demo
from app.sandbox.own_keys import kept_file, with_own_keys
from app.serving import counting_together, listening, serve
from app.settings import Settings, WrongSettingsError, settings_from_environment

SECONDS_TO_STOP = 60
MOST_STARTS = 5
"""After so many ends of the database's process within a run, the launcher ends too."""


class DatabaseEnded(RuntimeError):
    """The embedded database cannot run. Its process has said why."""


def main(arguments: Sequence[str] = ()) -> int:
    # So that `with` blocks are left in order, PostgreSQL last.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if list(arguments) == ["demo-finland"]:
            _load_finland()
        elif arguments:
            raise StartFailed("The only argument is `demo-finland`. Everything else is set in the environment.")
        else:
            _run()
    except (StartFailed, WrongDatabaseError, WrongKeyError, WrongSettingsError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except DatabaseEnded:
        return 1
    except psycopg.OperationalError as error:
        print(f"The database does not respond: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _run() -> None:
    settings = _settings()
    with (
        listening(settings.host, settings.port) as listener,
        counting_together(settings),
        _database(settings) as (settings, check),
    ):
        owner, address = _owner_of(settings), _address(settings, listener.getsockname()[1])
        with prepared_database(owner, settings.role_prefix, sandbox=settings.sandbox):
            if settings.sandbox and load_demo(owner, lambda: _keys(settings, address)):
                print("The demo data has been loaded.", flush=True)
        _serve(settings, listener, address, check)


def _load_finland() -> None:
    """`make demo-finland`: ten times the demo data, in place of what is there."""
    settings = _settings()
    if not settings.sandbox:
        raise StartFailed("The demo data is only for a sandbox. Set SANDBOX=true.")
    with _database(settings) as (settings, _):
        owner = _owner_of(settings)
        with prepared_database(owner, settings.role_prefix, sandbox=True):
            load_demo(owner, lambda: _keys(settings, _address(settings, settings.port)), scale=FINLAND, reset=True)
    print("Ten times the demo data has been loaded. Start the service with `make run`.")


def _keys(settings: Settings, address: str) -> Keys:
    """Those of the service as it is served at the address, unless it has another public URL."""
    return read_keys(with_own_keys(settings.model_copy(update={"public_url": settings.public_url or address})))


def _owner_of(settings: Settings) -> str:
    if settings.owner_database_url is None:
        raise StartFailed("DATABASE_URL is set, so OWNER_DATABASE_URL, the URL of the tables' owner, is needed too.")
    return settings.owner_database_url


def _settings() -> Settings:
    """The settings from the environment, with defaults that suit a person who tries the service."""
    given = {name for name, value in os.environ.items() if value}
    defaults: dict[str, object] = {}
    if not given & {"SANDBOX", "DATABASE_URL", "OIDC_ISSUERS"}:
        defaults["sandbox"] = True
    if "DATABASE_URL" not in given:
        # Known once the database runs.
        defaults["database_url"] = ""
    if "SECRET_KEY" not in given:
        data_dir = Path(os.environ.get("DATA_DIR") or ".data")
        try:
            secret = kept_file(data_dir, "secret.key", lambda: secrets.token_urlsafe(48).encode())
        except OSError as error:
            raise StartFailed(f"Cannot write to {data_dir} ({error.strerror}). Set another DATA_DIR.") from None
        defaults["secret_key"] = secret.read_text().strip()
    return settings_from_environment(**defaults)


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[Settings, Callable[[], None]]]:
    """The settings with the URLs of the database, embedded if they name none, and a check that it runs."""
    if settings.database_url:
        yield settings, lambda: None
        return
    database = _EmbeddedDatabase(settings)
    try:
        database.launch()
        # Meanwhile PostgreSQL starts.
        importlib.import_module(_factory(settings).partition(":")[0])
        database.wait()
        own = {
            "database_url": database.addresses["service"],
            "owner_database_url": database.addresses["owner"],
            "database_dir": settings.data_dir,
        }
        yield settings.model_copy(update=own), database.check
    finally:
        database.stop()


class _EmbeddedDatabase:
    """The process that runs PostgreSQL, started again should it be killed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._starts = 0
        self.addresses: dict[str, str] = {}

    def launch(self) -> None:
        module = "app.local.embedded_postgres"
        arguments = [str(os.getpid()), str(self._settings.data_dir), self._settings.role_prefix]
        self._starts += 1
        self._process = subprocess.Popen(  # noqa: S603 - A program of ours.
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the launcher, which stops the database last.
        )

    def wait(self) -> None:
        """Wait until it takes connections. Raise DatabaseEnded if it cannot run."""
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise DatabaseEnded
        found = json.loads(line)
        if self.addresses and found != self.addresses:
            raise StartFailed("The database's port was taken by another program. Start again.")
        self.addresses = found

    def check(self) -> None:
        """Start it again if it was killed. Raise DatabaseEnded if it has given up."""
        code = self._process.poll()
        if code is None:
            return
        if code > 0 or self._starts >= MOST_STARTS:
            raise DatabaseEnded
        self.launch()
        self.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(SECONDS_TO_STOP)


def _serve(settings: Settings, listener: socket.socket, address: str, check: Callable[[], None]) -> None:
    logs.configure(settings.log_level)
    # The service reads its environment.
    os.environ |= _environment(settings) | {"OWN_ADDRESS": address if settings.sandbox else ""}
    welcome = _welcome(settings, address)
    serve(
        _factory(settings),
        listener,
        settings.workers,
        on_serving=lambda: print(welcome, flush=True),
        on_wake=check,
    )


def _factory(settings: Settings) -> str:
    return f"app.{'sandbox.main' if settings.sandbox else 'main'}:app_from_environment"


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url or "",
        "DATABASE_DIR": str(settings.database_dir or ""),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SANDBOX": str(settings.sandbox).lower(),
    }


def _address(settings: Settings, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - It is read, not bound.
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _welcome(settings: Settings, address: str) -> str:
    lines = [f"Front page: {address}/", f"Swagger UI: {address}/docs"]
    if settings.sandbox:
        lines += [
            "Get the token of a demo person, here of the study centre's staff:",
            f"  curl -s {address}/v1/sandbox/tokens -H 'Content-Type: application/json' "
            """-d '{"email": "staff@example.org"}'""",
            f"All demo people: {address}/v1/sandbox/people",
            f"Emails: {address}/mailbox",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
