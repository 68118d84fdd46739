"""`/openapi.json`: made once per process, apart from the requests, and kept as bytes."""

import asyncio
import json

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from app.api.kept_files import KeptFile, kept_file
from app.api.requests import JSON
from app.delivery.links import DOCUMENT

router = APIRouter(include_in_schema=False)


class KeptDocument:
    def __init__(self, app: FastAPI, *, is_committed: bool) -> None:
        """`is_committed`: the service has no operations beside those of the committed document."""
        self._app = app
        self._is_committed = is_committed
        self._making: asyncio.Task[KeptFile] | None = None

    async def get(self) -> KeptFile:
        if self._making is None or (self._making.done() and self._making.exception()):
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> KeptFile:
        if self._is_committed:
            # To make it again would take a second, and memory for as long as the process lives.
            document = json.loads(DOCUMENT.read_text(encoding="utf-8")) | {"servers": self._app.servers}
        else:
            document = self._app.openapi()
        return kept_file(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), JSON)


@router.get("/openapi.json")
async def get_document(request: Request) -> Response:
    document: KeptFile = await request.app.state.document.get()
    return document.respond(request, "no-cache")
