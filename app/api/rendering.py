"""What an endpoint returns, as the response that leaves: JSON or a file, with its `ETag`, `Location` and `Link`."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple, get_args, get_type_hints
from urllib.parse import urlencode

from fastapi import Request
from pydantic import TypeAdapter
from starlette.responses import Response

from app.api.csv_lists import CsvResponse
from app.api.files import Download
from app.api.linked_data import LINKED_DATA, Linked
from app.api.media_types import accepted
from app.api.pages import HTML, ShownPage
from app.api.paging import Page, PageWithTotals, cursor_of
from app.api.pictures import SVG, Picture
from app.api.requests import JSON
from app.api.security import Declaration
from app.api.shapes import check_wanted, is_unchanged, versions_of
from app.db.paging import Slice
from app.db.sessions import Reader
from app.domain.errors import Stale
from app.domain.versions import Versions, accepts, fingerprint

PUBLIC = "public, max-age=60"
"""Of a response that is the same for everyone."""


@dataclass(frozen=True)
class Created:
    """A created resource whose `Location` is not simply below the path it was posted to; None is no `Location`."""

    resource: object
    location: str | None


class Rendered(NamedTuple):
    """A response before it is sent, as it is stored for replays: with paths, whatever the public URL is later."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    media_type: str | None = None

    def response(self, public_url: str | None, **more: str) -> Response:
        """Return the response with absolute URLs where the public URL is known; what `Host` says is not believed."""
        headers = self.headers | more
        if public_url:
            headers |= {name: _absolute(headers[name], public_url) for name in ("Location", "Link") if name in headers}
        return Response(self.body, self.status, headers=headers, media_type=self.media_type)


def _absolute(header: str, public_url: str) -> str:
    """`</path>; rel="next"` or `/path` with the origin before the path."""
    return f"<{public_url}{header[1:]}" if header.startswith("<") else public_url + header


class Rendering:
    """The responses of one operation."""

    def __init__(self, status: int, response_model: Any, declared: Declaration) -> None:
        self.status = status
        self._response_model = response_model
        self._cache_control = PUBLIC if declared.is_public else "private, no-cache"
        if declared.secret_answer:
            self._cache_control = "no-store"
        self._is_computed = declared.computed
        self._has_items = declared.csv_rows is not None
        self._vary = {"Vary": "Accept"} if declared.csv else {}
        if declared.page:
            self._vary = {"Vary": "Accept, Accept-Language"}

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        """Made when it is first needed: all of them together would make the start longer."""
        return TypeAdapter(self._response_model)

    def of_read(self, request: Request, result: object) -> Rendered:
        """The response, or 304 where `If-None-Match` names the present version. Raise Stale where `If-Match` names
        another."""
        headers = {"Cache-Control": self._cache_control} | self._vary
        body = None
        linked = isinstance(result, Linked) and result.if_asked_for(request)
        if isinstance(result, Linked):
            headers["Vary"] = "Accept"
            result = result.shown
        if isinstance(result, Slice):
            body = self._page(request, result, headers), JSON
        elif isinstance(result, Picture):
            body = self._picture(request, result, headers)
        elif isinstance(result, ShownPage):
            headers |= result.headers
            body = result.content.encode(), HTML
        elif self._is_computed:
            body = self._body(result, headers)
        if linked:
            body = linked, LINKED_DATA
        tag = sha256(body[0]).hexdigest()[:32] if body else _tag_of(result)
        headers["ETag"] = f'"{tag}"'
        check_wanted(request.headers, tag)
        if is_unchanged(request.headers, tag):
            return Rendered(304, headers)
        return Rendered(200, headers, *(body or self._body(result, headers)))

    def as_csv(self, request: Request, reader: Reader, opened: AbstractAsyncContextManager[Slice[Any]]) -> Response:
        """All items of the list. A CSV has no version, so it is none that `If-Match` names: raise Stale."""
        if not accepts(Versions(versions_of(request.headers, "If-Match")), frozenset()):
            raise Stale
        headers = {"Cache-Control": self._cache_control} | self._vary
        model = self._response_model
        of_items = get_args(get_type_hints(model)["items"] if self._has_items else model)
        return CsvResponse(request, reader, opened, of_items[0], headers)

    def of_write(self, request: Request, result: object, *, dry_run: bool) -> Rendered:
        if request.method == "GET":
            return self.of_read(request, result)
        headers = {"Cache-Control": self._cache_control}
        if self.status == 202:
            return Rendered(self.status, headers, *self._body(result, headers))
        if self.status == 204:
            return Rendered(self.status, headers)
        location = None
        if isinstance(result, Created):
            location, result = result.location, result.resource
        elif self.status == 201:
            location = f"{request.scope['path']}/{result.id}"  # type: ignore[attr-defined]  # What is created has an id.
        if not dry_run:
            if location:
                headers["Location"] = location
            headers["ETag"] = f'"{_tag_of(result)}"'
        return Rendered(self.status, headers, *self._body(result, headers))

    def _body(self, result: object, headers: dict[str, str]) -> tuple[bytes, str]:
        if isinstance(result, Download):
            headers |= result.headers
            return result.content, result.media_type
        return self._adapter.dump_json(result, by_alias=True), JSON

    def _picture(self, request: Request, picture: Picture, headers: dict[str, str]) -> tuple[bytes, str]:
        headers["Vary"] = "Accept, Accept-Language"
        if accepted(request.headers, SVG, JSON) == JSON:
            return self._body(picture.figures, headers)
        headers |= picture.headers()
        return picture.draw(picture.language), SVG

    def _page(self, request: Request, result: Slice[Any], headers: dict[str, str]) -> bytes:
        cursor = cursor_of(request, result.next_key) if result.next_key else None
        if cursor:
            named = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
            following = urlencode([*named, ("cursor", cursor)])
            headers["Link"] = f'<{request.scope["path"]}?{following}>; rel="next"'
        if result.language:
            headers["Content-Language"] = result.language
        page: object = Page(result.items, cursor, result.total)
        if result.totals is not None:
            page = PageWithTotals(result.items, cursor, result.totals, result.total)
        return self._adapter.dump_json(page, by_alias=True, exclude=None if result.total is not None else {"total"})


def _tag_of(result: object) -> str:
    """What describes a file has the tag of the file."""
    return str(result.tag) if hasattr(result, "tag") else fingerprint(result)
