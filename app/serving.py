"""`python -m app.serving`: the service at `HOST`:`PORT`, in `WORKERS` processes that are replaced when they end."""

import argparse
import gc
import importlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import psycopg
import uvicorn
from fastapi import FastAPI

from app import logs
from app.db.schema import WrongDatabaseError
from app.processes import SignOfLife, StartFailed, keep_running
from app.settings import Settings, settings_from_environment

FACTORY = "app.main:app_from_environment"
GRACE_SECONDS = 10
"""Time for the requests that are under way when the service stops."""
LONGEST_STOP_SECONDS = GRACE_SECONDS + 5
"""A process that has not ended by then is killed."""
SIGN_SECONDS = 1
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def main(arguments: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        settings = settings_from_environment()
        options = _parser(settings).parse_args(arguments)
        logs.configure(settings.log_level)
        with listening(options.host, options.port) as listener, counting_together(settings):
            serve(FACTORY, listener, settings.workers)
    except (StartFailed, WrongDatabaseError, ValueError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        print(f"The database does not respond: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen before anything is loaded, so that callers wait for the service. Port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise StartFailed(f"Cannot listen on {host}:{port} ({error.strerror}). Set another HOST or PORT.") from None
    with listener:
        yield listener


@contextmanager
def counting_together(settings: Settings) -> Iterator[None]:
    """With `METRICS_PORT`, make the folder in which all processes count. Enter it before the service is imported.

    Prometheus' library looks for the folder when it is imported.
    """
    if settings.metrics_port is None or METRICS_FOLDER in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="tuntipankki-metrics-") as folder:
        os.environ[METRICS_FOLDER] = folder
        yield


def serve(
    factory: str,
    listener: socket.socket,
    workers: int,
    *,
    on_serving: Callable[[], None] = lambda: None,
    on_wake: Callable[[], None] = lambda: None,
) -> None:
    """Make the service once, and serve it in so many processes until a signal ends them."""
    module, _, name = factory.partition(":")
    gc.disable()  # What the start makes stays: looking for garbage among it takes a tenth of the time.
    app: FastAPI = getattr(importlib.import_module(module), name)()
    gc.enable()

    def work(give_sign: SignOfLife) -> None:
        async def notify() -> None:
            give_sign()

        config = uvicorn.Config(
            app,
            loop="uvloop",
            http="app.api.protocol:BoundedProtocol",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            callback_notify=notify,
            timeout_notify=SIGN_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listener])

    # So that no process has to load them.
    importlib.import_module("uvloop")
    importlib.import_module("app.api.protocol")
    keep_running(work, workers, grace_seconds=LONGEST_STOP_SECONDS, on_serving=on_serving, on_wake=on_wake)


def _parser(settings: Settings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app.serving", description=__doc__)
    parser.add_argument("--host", default=settings.host, help="the address to listen on, in place of HOST")
    parser.add_argument("--port", default=settings.port, type=int, help="the port, in place of PORT")
    return parser


if __name__ == "__main__":
    sys.exit(main())
