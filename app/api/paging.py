"""Lists: a signed cursor, bound to the path, the filters and the caller that it was made for."""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Depends, Query, Request
from pydantic import WithJsonSchema

from app.api.problems import InvalidCursor
from app.api.shapes import IN_DIGITS
from app.db.paging import PageRequest
from app.domain.values import Shown

Item = TypeVar("Item")
Totals = TypeVar("Totals")
SIGNATURE_BYTES = 16
LARGEST_CURSOR = 2000
UNBOUND = {"limit", "cursor", "include"}


@dataclass(frozen=True)
class Page(Shown, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    """Items of the page."""
    next_cursor: str | None
    """Value of `cursor` for the next page. `null` if this is the last page."""
    total: Annotated[int | None, WithJsonSchema({"type": "integer", "minimum": 0})] = None
    """Number of items in the complete list. Only with `include=total`."""


@dataclass(frozen=True)
class PageWithTotals(Shown, Generic[Item, Totals]):
    """One page of a list, with sums over all items of the list."""

    items: list[Item]
    """Items of the page."""
    next_cursor: str | None
    """Value of `cursor` for the next page. `null` if this is the last page."""
    totals: Totals
    """Sums over all items of the list, whatever the page."""
    total: Annotated[int | None, WithJsonSchema({"type": "integer", "minimum": 0})] = None
    """Number of items in the complete list. Only with `include=total`."""


def _signature(request: Request, payload: bytes) -> bytes:
    filters = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in UNBOUND)
    bound = json.dumps([request.scope["path"], filters, str(request.state.caller.person_id)]).encode()
    key: bytes = request.app.state.backend.cursor_key
    return blake2b(payload + b"\0" + bound, key=key, digest_size=SIGNATURE_BYTES).digest()


def cursor_of(request: Request, key: tuple[str, ...]) -> str:
    payload = json.dumps(key, ensure_ascii=False, separators=(",", ":")).encode()
    return _encoded(_signature(request, payload) + payload)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def key_of(request: Request, cursor: str) -> tuple[str, ...]:
    """Raises InvalidCursor unless the service made it, for this very list and caller."""
    if len(cursor) > LARGEST_CURSOR:
        raise InvalidCursor
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidCursor from None
    # Reading base64 ignores padding and the last bits: only the service's own spelling of a cursor is valid.
    if _encoded(raw) != cursor:
        raise InvalidCursor
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(request, payload)):
        raise InvalidCursor
    return tuple(json.loads(payload))


# The document states the length, but the type does not check it: a cursor that is too long is invalid like any other.
CURSOR = Query(
    description="Value of `next_cursor` in the previous page.", json_schema_extra={"maxLength": LARGEST_CURSOR}
)


async def page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200, description="Maximum number of items in the page."), IN_DIGITS] = 50,
    cursor: Annotated[str | None, CURSOR] = None,
    include: Annotated[
        Literal["total"] | None,
        Query(description="`total` adds the number of items."),
    ] = None,
) -> PageRequest:
    return PageRequest(limit, key_of(request, cursor) if cursor is not None else None, include == "total")


Paging = Annotated[PageRequest, Depends(page_request)]
