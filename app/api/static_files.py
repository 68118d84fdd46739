"""The files of Swagger UI and of our own pages, kept in memory, compressed."""

import asyncio
import mimetypes
from functools import cache
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.kept_files import KeptFile, kept_file
from app.domain.errors import NotFound

OWN = Path(__file__).parents[1] / "static"
SWAGGER_UI = Path(fastapi_offline.__file__).parent / "static"
NOT_SERVED = {"docs.html", "redoc.standalone.js"}
FILES = {file.name: file for file in (*OWN.iterdir(), *SWAGGER_UI.iterdir()) if file.name not in NOT_SERVED}

router = APIRouter(include_in_schema=False)


@cache
def static_file(name: str) -> KeptFile:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return kept_file(FILES[name].read_bytes(), media_type)


def address_of(name: str) -> str:
    """The path of a file, which changes with its content: browsers keep it without asking again."""
    return f"/static/{name}?v={static_file(name).tag}"


@router.get("/favicon.ico")
async def get_icon(request: Request) -> Response:
    """The icon of all pages: browsers look for it here."""
    return (await asyncio.to_thread(static_file, "favicon.ico")).respond(request, "public, max-age=86400")


@router.get("/static/{name}")
async def get_file(request: Request, name: str, v: str | None = None) -> Response:
    if name not in FILES:
        raise NotFound
    file = await asyncio.to_thread(static_file, name)
    lasting = "public, max-age=31536000, immutable" if v == file.tag else "public, no-cache"
    return file.respond(request, lasting)
