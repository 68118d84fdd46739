"""Checks of a request's headers, path and query that FastAPI does not make itself."""

import hmac
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from app.api import problems
from app.api.responses import NO_BODY
from app.api.shapes import versions_of

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
LARGEST_BODY = 2 * 1024 * 1024
"""In bytes, where the operation takes no file."""
LARGEST_OPEN_BODY = 16 * 1024
"""Where a caller need not be registered: a name and an address, or a token."""
MOST_VALUES = 100_000
"""Of one JSON text, counted before it is parsed, with the commas and brackets in its texts: the largest valid body has
a third of them. Two megabytes have room for 700,000 lists, which take a second.
"""


def parameter_faults(request: Request, known: Mapping[str, bool]) -> dict[str, str]:
    """Return the codes of faults that FastAPI lets pass, by parameter: `faults` reports them with FastAPI's own.

    `known` are the names of query parameters, each with whether it may be repeated.
    """
    faults = {}
    if request.scope["query_string"]:
        given = Counter(name for name, _ in request.query_params.multi_items())
        faults = {
            name: "extra-forbidden" if name not in known else "repeated"
            for name, times in given.items()
            if name not in known or (times > 1 and not known[name])
        }
    # Pydantic reads an id in four spellings: the path of a resource has one.
    ids = {
        name: "uuid-parsing" for name, value in request.path_params.items() if name.endswith("_id") and len(value) != 36
    }
    return faults | ids


def check_parameters(request: Request) -> None:
    """Raise RequestValidationError for these faults alone; FastAPI has found no others."""
    if request.state.parameter_faults:
        raise RequestValidationError([])


def check_headers(request: Request, accepted: Sequence[str], largest_body: int) -> None:
    versions_of(request.headers, "If-Match")
    if request.method in NO_BODY:
        return
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1 or not all(re.fullmatch(r"[\x21-\x7e]{1,255}", key) for key in keys):
        raise problems.InvalidIdempotencyKey
    length = request.headers.get("content-length", "0")
    if length != "0" or "transfer-encoding" in request.headers:
        if media_type_of(request) not in accepted:
            raise problems.UnsupportedMediaType(accepted=list(accepted))
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise problems.UnsupportedMediaType(accepted_codings=["identity"])
        if length.isdigit() and int(length) > largest_body:
            raise problems.PayloadTooLarge(largest=largest_body)


def media_type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def digest(*parts: str) -> bytes:
    return sha256(json.dumps(parts).encode()).digest()


class JsonRequest(Request):
    """A request whose body is JSON text as RFC 8259 has it, and is parsed once."""

    async def json(self) -> Any:
        """Raises MalformedJson, PayloadTooLarge."""
        if not hasattr(self, "_json"):
            self._json = parsed(await self.body())
        return self._json


def parsed(body: bytes) -> Any:
    """The value of a JSON text. A byte order mark at its start is ignored (RFC 8259 §8.1).

    Python's parser also takes UTF-16, UTF-32, `NaN`, halves of surrogate pairs and names that appear twice.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise problems.PayloadTooLarge(most_values=MOST_VALUES)
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_members,
            parse_constant=_refuse_constant,
            parse_float=_number_of,
        )
        if _HALF_PAIR.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise problems.MalformedJson from None
    return value


_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
"""An escaped half of a pair, which may have its other half."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a member that is named twice: readers take the first or the last of them (RFC 8259 §4)."""
    members = dict(pairs)
    if len(members) < len(pairs):
        raise problems.MalformedJson
    return members


def _refuse_constant(_: str) -> None:
    raise problems.MalformedJson


def _number_of(text: str) -> float:
    """`10.0` and `1e1` are the integer 10."""
    number = float(text)
    return int(number) if number.is_integer() else number


DIGEST_VERSION = b"\x03"
"""The first byte of the digests that this version stores. Those of 0.1.0 and 0.2.0 have 32 bytes and no version."""


KEYED_VERSION = b"\x04"
"""The first byte of the digests that nobody computes without the key."""


async def digest_of(request: Request, *, is_json: bool, key: bytes | None = None) -> bytes:
    """The same for equal JSON values and an equal query, however they are written. Raises MalformedJson.

    With a key, a reader of the database cannot find the body by trying bodies, of which there may be few.
    """
    if request.method in NO_BODY:
        return b""
    body = await request.body()
    if is_json and body:
        body = _canonical(await request.json())
    plain = digest(sha256(body).hexdigest(), _query_of(request))
    return DIGEST_VERSION + plain if key is None else KEYED_VERSION + hmac.digest(key, plain, sha256)


async def is_digest_of(stored: bytes, request: Request, *, is_json: bool, key: bytes | None = None) -> bool:
    """Whether this version or an earlier one has stored that digest for the same request."""
    if key is not None:
        return hmac.compare_digest(stored, await digest_of(request, is_json=is_json, key=key))
    if stored.startswith(DIGEST_VERSION) and len(stored) == len(DIGEST_VERSION) + sha256().digest_size:
        return stored == await digest_of(request, is_json=is_json)
    body = await request.body()
    if is_json and body:
        body = _canonical(json.loads(body))
    texts = [sha256(body).hexdigest()]  # 0.2.0
    if is_json:
        texts.append(body.decode())  # 0.1.0
    return stored in [digest(text, _query_of(request)) for text in texts]


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _query_of(request: Request) -> str:
    return urlencode(sorted(request.query_params.multi_items()))
