"""The service as its users meet it: a real Uvicorn on a real port, in a thread of the test process."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from app.api.protocol import BoundedProtocol
from app.sandbox.main import create_app
from app.settings import Settings

# Each client would read the system's certificates, 25 ms of CPU; the tests' servers speak plain HTTP.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def free_port() -> int:
    """A port whose address must be known before the service starts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving_publicly(settings: Settings, **changed: Any) -> Iterator[str]:
    """The address of a service whose public URL is its own address."""
    port = free_port()
    settings = settings.model_copy(update={"public_url": f"http://127.0.0.1:{port}", **changed})
    with serving(create_app(settings), port) as address:
        yield address


@contextmanager
def serving(app: FastAPI, port: int = 0, **options: Any) -> Iterator[str]:
    """The address at which the app responds; port 0 is any."""
    config = uvicorn.Config(
        app, port=port, http=BoundedProtocol, log_config=None, lifespan="on", timeout_graceful_shutdown=2, **options
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the service did not start")
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
