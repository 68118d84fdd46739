"""`make run`: the whole service with one command, on a database that it starts, migrates and fills itself."""

import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import uvicorn
from pydantic import ValidationError
from uvicorn.supervisors import Multiprocess

from app import logs
from app.db.schema import WrongDatabaseError, prepared_database
from app.local.embedded_postgres import EmbeddedPostgresError, running_postgres
from app.sandbox.demo.loading import FINLAND, load_demo
from app.settings import Settings

GRACE_SECONDS = 10
SECONDS_TO_ANSWER = 60
"""A slower worker is restarted. Uvicorn's own 5 would kill workers while they start on a busy machine."""


class StartError(RuntimeError):
    """The service cannot start. The message says what to do."""


def main(arguments: Sequence[str] = ()) -> int:
    # So that `with` blocks are left in order, PostgreSQL last.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if list(arguments) == ["demo-finland"]:
            _load_finland()
        elif arguments:
            raise StartError("The only argument is `demo-finland`. Everything else is set in the environment.")
        else:
            _run()
    except (StartError, EmbeddedPostgresError, WrongDatabaseError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        print(f"The database does not respond: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _run() -> None:
    settings = _settings()
    with _listening(settings.host, settings.port) as listener, _database(settings) as settings:
        owner = _owner_of(settings)
        with prepared_database(owner, settings.role_prefix, sandbox=settings.sandbox):
            if settings.sandbox and load_demo(owner):
                print("The demo data has been loaded.", flush=True)
        _serve(settings, listener)


def _load_finland() -> None:
    """`make demo-finland`: ten times the demo data, in place of what is there."""
    settings = _settings()
    if not settings.sandbox:
        raise StartError("The demo data is only for a sandbox. Set SANDBOX=true.")
    with _database(settings) as settings:
        owner = _owner_of(settings)
        with prepared_database(owner, settings.role_prefix, sandbox=True):
            load_demo(owner, scale=FINLAND, reset=True)
    print("Ten times the demo data has been loaded. Start the service with `make run`.")


def _owner_of(settings: Settings) -> str:
    if settings.owner_database_url is None:
        raise StartError("DATABASE_URL is set, so OWNER_DATABASE_URL, the URL of the tables' owner, is needed too.")
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
        defaults["secret_key"] = _kept_secret(Path(os.environ.get("DATA_DIR") or ".data"))
    try:
        return Settings(**defaults)  # type: ignore[arg-type]  # Pydantic checks them.
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc'])).upper()}: {fault['msg']}" for fault in error.errors())
        raise StartError("\n".join(fault.removeprefix(": Value error, ") for fault in faults)) from None


def _kept_secret(data_dir: Path) -> str:
    """The secret key, created at the first start, completely or not at all, and readable only by its owner."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = data_dir / "secret.key"
    if not kept.exists():
        handle, unfinished = tempfile.mkstemp(prefix="secret.key-", dir=data_dir)  # Its mode is 0600.
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(handle)
        if os.geteuid() == 0:
            # A user whose data root has started can start it again.
            owner = data_dir.stat()
            os.chown(unfinished, owner.st_uid, owner.st_gid)
        # If two first starts run at the same time, the second uses the key of the first.
        with suppress(FileExistsError):
            kept.hardlink_to(unfinished)
        Path(unfinished).unlink()
    return kept.read_text().strip()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen before anything is loaded, so that callers wait for the service. Port 0 takes a free one."""
    try:
        listener = socket.create_server((host, port), family=_family(host), backlog=2048)
    except OSError as error:
        raise StartError(f"Cannot listen on {host}:{port} ({error.strerror}). Set another HOST or PORT.") from None
    with listener:
        yield listener


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


@contextmanager
def _database(settings: Settings) -> Iterator[Settings]:
    """The settings with the URLs of the database, which is embedded if they name none."""
    if settings.database_url:
        yield settings
        return
    bindir = os.environ.get("PG_BINDIR")
    with running_postgres(
        settings.data_dir, bindir=Path(bindir) if bindir else None, role_prefix=settings.role_prefix
    ) as addresses:
        own = {"database_url": addresses.service, "owner_database_url": addresses.owner}
        yield settings.model_copy(update=own)


def _serve(settings: Settings, listener: socket.socket) -> None:
    logs.configure(settings.log_level)
    # The service reads its environment, in this process or in several.
    os.environ |= _environment(settings)
    config = uvicorn.Config(
        f"app.{'sandbox.main' if settings.sandbox else 'main'}:app_from_environment",
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http="app.api.protocol:BoundedProtocol",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=SECONDS_TO_ANSWER,
    )
    welcome = _welcome(settings, listener.getsockname()[1])
    if settings.workers > 1:
        # Callers wait at the listener until the first worker is there.
        print(welcome, flush=True)
        Multiprocess(config, sockets=[listener]).run()
    else:
        _Welcoming(config, welcome).run(sockets=[listener])


class _Welcoming(uvicorn.Server):
    """Prints at the end of its start how to continue."""

    def __init__(self, config: uvicorn.Config, welcome: str) -> None:
        super().__init__(config)
        self._welcome = welcome

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._welcome, flush=True)


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url or "",
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SANDBOX": str(settings.sandbox).lower(),
    }


def _welcome(settings: Settings, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - It is read, not bound.
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    lines = [f"Swagger UI: {address}/docs"]
    if settings.sandbox:
        lines += [
            "Get the token of a demo person, here of the study centre's staff:",
            f"  curl -s {address}/v1/sandbox/tokens -H 'Content-Type: application/json' "
            """-d '{"email": "staff@example.org"}'""",
            f"All demo people: {address}/v1/sandbox/people",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
