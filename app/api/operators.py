"""`METRICS_PORT`: what operators alone see, at a port of their own that every process of a start shares."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.server import ServerState

from app.api import operational, problems
from app.api.middleware import Edge, LastResort
from app.api.transport import Head


@asynccontextmanager
async def served(service: FastAPI) -> AsyncIterator[None]:
    """Serve them beside the service, if the settings name a port."""
    settings = service.state.backend.settings
    if settings.metrics_port is None:
        yield
        return
    config = uvicorn.Config(
        operators_app(service), http="app.api.protocol:BoundedProtocol", log_config=None, access_log=False
    )
    config.load()
    state = ServerState()
    protocol: Any = config.http_protocol_class
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config=config, server_state=state, app_state={}),
        settings.host,
        settings.metrics_port,
        reuse_port=True,
    )
    try:
        yield
    finally:
        server.close()
        for connection in list(state.connections):
            connection.shutdown()


def operators_app(service: FastAPI) -> FastAPI:
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state = service.state
    app.add_middleware(Head)
    app.add_middleware(LastResort)
    app.add_middleware(Edge)
    problems.install(app)
    app.include_router(operational.metrics_router)
    app.get("/livez")(operational.alive)
    app.get("/readyz", response_model=None)(operational.ready_for_operators)
    return app
