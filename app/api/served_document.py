"""`/openapi.json`: made once per process, apart from the requests, and kept as bytes."""

import asyncio
import gzip
import json
from dataclasses import dataclass
from hashlib import sha256

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from app.api.requests import JSON
from app.api.shapes import versions_of
from app.api.transport import accepts_gzip
from app.domain.versions import tag_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Document:
    content: bytes
    compressed: bytes
    tag: str


class KeptDocument:
    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._making: asyncio.Task[Document] | None = None

    async def get(self) -> Document:
        if self._making is None or (self._making.done() and self._making.exception()):
            self._making = asyncio.create_task(asyncio.to_thread(self._make))
        return await asyncio.shield(self._making)

    def _make(self) -> Document:
        content = json.dumps(self._app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
        return Document(content, gzip.compress(content, mtime=0), tag_of(sha256(content).hexdigest()))


@router.get("/openapi.json")
async def get_document(request: Request) -> Response:
    document = await request.app.state.document.get()
    headers = {"ETag": f'"{document.tag}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if (versions_of(request.headers.get("if-none-match"), weak=True) or frozenset()) & {document.tag, "*"}:
        return Response(status_code=304, headers=headers)
    if accepts_gzip(request.headers):
        return Response(document.compressed, media_type=JSON, headers=headers | {"Content-Encoding": "gzip"})
    return Response(document.content, media_type=JSON, headers=headers)
