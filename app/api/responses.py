"""The documented responses of an operation: every status, its headers and the codes of its problems."""

from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from app.api.files import FILE_SCHEMA
from app.api.problem_facts import content_of
from app.api.problems import STATUSES
from app.api.security import Declaration

Responses = dict[int | str, dict[str, Any]]
Kind = Literal["read", "list", "write", "other"]
"""What an operation does with its study centre's data; `other` does nothing of it."""
CSV = "text/csv"
NO_BODY = frozenset({"GET", "HEAD", "DELETE"})
PAGE: dict[str, dict[str, Any]] = {"text/html": {"schema": {"type": "string"}}}
"""The content of a page, which a browser gets in place of JSON."""
CODES = "x-problem-codes"
"""The member of a documented response that lists the codes of its problems."""
NO_LOCATION: Responses = {201: {"x-location": False}}
"""`responses` of an operation that creates several things in one request: it has no single `Location`."""

EVERYWHERE = (
    "malformed-request",
    "unauthenticated",
    "not-registered",
    "validation",
    "rate-limited",
    "token-too-large",
    "internal-error",
    "busy",
)
WITH_BODY = ("payload-too-large", "unsupported-media-type", "invalid-idempotency-key")
WITH_KEY = ("request-in-progress", "idempotency-key-reused")

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "ID of the request, taken from the request's own `X-Request-Id` if it is valid.",
        "required": True,
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "Version of the response, for `If-None-Match`, and for `If-Match` if it is a single resource. "
        "Missing after a dry run and from CSV.",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
    },
    "Location": {
        "description": "Path of the new resource, or its URL if the service knows its public one. "
        "Missing after a dry run.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Link": {
        "description": 'Path or URL of the next page: `<…>; rel="next"`. Missing on the last page and from CSV.',
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` if this is the stored response to an earlier request with the same key.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "Number of seconds after which the same request may be sent again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "RateLimit": {
        "description": "Number of requests left (`r`) and seconds until there are more (`t`), by policy. Also in "
        "successful responses.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "Number of requests (`q`) allowed in a number of seconds (`w`).",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {
        "description": "Required token (RFC 6750, RFC 9470), or the scope that an API key lacks.",
        "schema": {"type": "string"},
    },
    "Accept-Encoding": {
        "description": "Values of `Content-Encoding` that a body may have.",
        "schema": {"type": "string"},
    },
    "Accept-Patch": {"description": "Media type of a `PATCH`.", "schema": {"type": "string"}},
    "Content-Language": {
        "description": "Language of `title` and `detail`, chosen by `Accept-Language`.",
        "required": True,
        "schema": {"type": "string", "enum": ["fi", "sv", "en"]},
    },
    "Vary": {
        "description": "Names of the headers that chose the response, among them `Accept-Language`.",
        "required": True,
        "schema": {"type": "string", "pattern": "^Accept-Language(, [A-Za-z-]+)*$"},
    },
}
HEADERS_OF_REFUSALS = {
    "unauthenticated": ("WWW-Authenticate",),
    "strong-authentication-required": ("WWW-Authenticate",),
    "forbidden": ("WWW-Authenticate",),
    "precondition-failed": ("ETag",),
    "request-in-progress": ("Retry-After",),
    "busy": ("Retry-After",),
    "rate-limited": ("Retry-After", "RateLimit", "RateLimit-Policy"),
    "unsupported-media-type": ("Accept-Patch", "Accept-Encoding"),
}


def refusing(*codes: str) -> Responses:
    """The `responses` of an operation that refuses with these codes too, beside those of the conventions."""
    responses: Responses = defaultdict(lambda: {CODES: []})
    for code in codes:
        responses[STATUSES[code]][CODES].append(code)
    return dict(responses)


def headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def refusal(status: int, *codes: str, has_page: bool = False) -> dict[str, Any]:
    links = " · ".join(f"[`{code}`](/problems/{code})" for code in codes)
    own = dict.fromkeys(name for code in codes for name in HEADERS_OF_REFUSALS.get(code, ()))
    return {
        "description": f"{HTTPStatus(status).phrase}: {links}",
        "headers": headers("Content-Language", "Vary", *own),
        "content": content_of(*codes) | (PAGE if has_page else {}),
        CODES: list(codes),
    }


SHARED: dict[str, dict[str, Any]] = {}
"""The refusals of all operations, each once in the document, by the name that operations refer to."""


def shared(status: int, *codes: str, has_page: bool = False) -> dict[str, str]:
    """The reference to the response with these codes."""
    name = ".".join([*codes, *(["page"] if has_page else [])])
    SHARED.setdefault(name, refusal(status, *codes, has_page=has_page))
    return {"$ref": f"#/components/responses/{name}"}


def responses_of(
    declared: Declaration,
    *,
    method: str,
    path: str,
    status: int,
    kind: Kind,
    is_conditional: bool,
    takes_version: bool,
    needs_version: bool,
    takes_key: bool,
    needs_key: bool,
    refused: Mapping[int | str, Mapping[str, Any]],
) -> Responses:
    """The response that the operation is for, and the refusals of the conventions with those that it names itself."""
    codes = {*EVERYWHERE}
    if "_id}" in path:
        codes.add("not-found")
    if kind != "other":
        # What no role is refused, an API key may be.
        codes.add("forbidden")
    if kind == "list":
        codes.add("invalid-cursor")
    if method not in NO_BODY:
        codes.update(WITH_BODY, WITH_KEY if takes_key else (), () if declared.file else {"malformed-json"})
    if takes_key and declared.secret_answer:
        codes.add("response-unreadable")
    if needs_key:
        codes.add("idempotency-key-required")
    if is_conditional:
        codes.add("precondition-failed")
    if takes_version:
        codes.update({"precondition-failed"}, {"precondition-required"} if needs_version else ())
    if declared.strong_sign_in:
        codes.add("strong-authentication-required")
    if declared.is_open:
        codes -= {"unauthenticated", "forbidden", "not-registered", "token-too-large"}
    if declared.newcomers:
        codes -= {"forbidden", "not-registered"}
    codes.update(code for response in refused.values() for code in response.get(CODES, ()))

    responses: Responses = {status: _success(kind, status, refused.get(status, {}), takes_key=takes_key)}
    if declared.csv:
        responses[status]["description"] += " As CSV, all items in one file."
        responses[status]["content"] = {CSV: {"schema": {"type": "string"}}}
    if declared.page:
        responses[status]["content"] = {**PAGE}
        responses[status]["headers"] = responses[status].get("headers", {}) | headers("Vary")
    own = refused.get(status, {})
    responses[status] |= {name: own[name] for name in ("description", "content") if name in own}
    if is_conditional:
        responses[304] = {
            "description": "Nothing has changed: `If-None-Match` names the current version.",
            "headers": headers("ETag"),
        }
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in STATUSES:
        if code in codes:
            by_status[STATUSES[code]].append(code)
    for number, named in by_status.items():
        # A limit refuses before it is known which operation is called, and so whether it has a page.
        has_page = declared.page is not None and number != HTTPStatus.TOO_MANY_REQUESTS
        responses[number] = shared(number, *named, has_page=has_page)
    return responses


def _success(kind: str, status: int, declared: Mapping[str, Any], *, takes_key: bool) -> dict[str, Any]:
    if status == 202:
        return {"description": "Accepted. The rest follows by email.", "headers": headers()}
    if status == 204:
        return {"description": "Done.", "headers": headers()}
    if kind == "list":
        description = "A page of the list. `next_cursor` leads to the next page."
        return {"description": description, "headers": headers("ETag", "Link")}
    if kind == "other":
        return {"description": "Done.", "headers": headers()}
    if kind == "read":
        return {"description": "The resource.", "headers": headers("ETag")}
    replayed = ("Idempotency-Replayed",) if takes_key else ()
    if status == 200:
        return {"description": "The changed resource.", "headers": headers("ETag", *replayed)}
    location = ("Location",) if declared.get("x-location", True) else ()
    return {"description": "Created.", "headers": headers("ETag", *replayed, *location)}


def extras_of(declared: Declaration, *, needs_key: bool) -> dict[str, Any]:
    """Return the members of an operation that FastAPI does not know: its security, and the rest that clients need."""
    extras: dict[str, Any] = {"security": [] if declared.is_open else [{"token": []}]}
    if declared.keys_only:
        extras["x-api-keys-only"] = True
    if declared.scope:
        extras["x-api-key-scope"] = declared.scope
    if declared.personal_data:
        extras["x-personal-data"] = True
    if declared.secret_answer:
        extras["x-secret"] = True
    if needs_key:
        extras["x-idempotency-key-required"] = True
    if declared.file:
        content = {media_type: {"schema": FILE_SCHEMA} for media_type in declared.file.media_types}
        extras |= {"requestBody": {"required": True, "content": content}, "x-largest-body": declared.file.largest}
    return extras
