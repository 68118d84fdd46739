"""Links from mails, tasks and calendars to where a thing is done: until there is a front end, to Swagger UI."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

DOCUMENT = Path(__file__).parents[2] / "openapi" / "openapi.json"
_VARIABLE = re.compile(r"\{\w+\}|(?<=/)(?:[0-9a-f-]{36}|\d+)(?=[/.]|$)")


def link_to(public_url: str | None, method: str, path: str) -> str | None:
    """The link to the operation, by its path with or without its parameters filled in. None without a public URL.

    Raises KeyError if there is no such operation.
    """
    return public_url + place_of(method, path) if public_url else None


def place_of(method: str, path: str) -> str:
    """The same link from a page of the service itself."""
    return f"/docs#/{_places()[method, _shape(path)]}"


@cache
def _places() -> Mapping[tuple[str, str], str]:
    """Where Swagger UI has each operation, from the document that it shows: tags and names are written nowhere else."""
    document = json.loads(DOCUMENT.read_bytes())
    return {
        (method.upper(), _shape(path)): f"{quote(operation['tags'][0])}/{quote(operation['operationId'])}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "operationId" in operation
    }


def _shape(path: str) -> str:
    return _VARIABLE.sub("{}", path)
