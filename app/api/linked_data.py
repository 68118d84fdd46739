"""Linked data of schema.org (JSON-LD), for search engines and the calendars of others, by `Accept`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from app.api.media_types import accepted
from app.api.requests import JSON

LINKED_DATA = "application/ld+json"
LINKED: dict[int | str, dict[str, Any]] = {
    200: {"content": {LINKED_DATA: {"schema": {"type": "object", "additionalProperties": True}}}}
}
"""`responses` of an operation that also returns linked data."""


@dataclass(frozen=True)
class Linked:
    """A response, and the same as linked data."""

    shown: object
    describe: Callable[[], dict[str, Any]]

    def if_asked_for(self, request: Request) -> bytes | None:
        """The linked data, if the request accepts it more than JSON."""
        if accepted(request.headers, JSON, LINKED_DATA) != LINKED_DATA:
            return None
        return json.dumps({"@context": "https://schema.org"} | self.describe(), ensure_ascii=False).encode()
