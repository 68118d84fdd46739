"""Every refusal as an RFC 9457 problem; the only table of statuses."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import ConfigDict
from starlette.exceptions import HTTPException
from starlette.responses import Response
from typing_extensions import TypedDict

from app.api.problem_texts import detail_of, fault_detail_of, preferred_language, title_of
from app.domain.errors import DomainError, Fault, Invalid
from app.limited import Overloaded

log = structlog.get_logger()

STATUSES: dict[str, int] = {
    "malformed-json": 400,
    "invalid-cursor": 400,
    "invalid-idempotency-key": 400,
    "idempotency-key-required": 400,
    "unauthenticated": 401,
    "strong-authentication-required": 401,
    "forbidden": 403,
    "not-registered": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "window-closed": 409,
    "year-closed": 409,
    "wrong-state": 409,
    "pool-exceeded": 409,
    "quota-exceeded": 409,
    "allotment-in-use": 409,
    "already-exists": 409,
    "too-many": 409,
    "same-person": 409,
    "not-central": 409,
    "not-a-member": 409,
    "organisation-cycle": 409,
    "organisation-in-use": 409,
    "deadline-overlap": 409,
    "assignment-overlap": 409,
    "runs-no-trainings": 409,
    "by-invitation-only": 409,
    "base-right-required": 409,
    "last-main-user": 409,
    "last-staff": 409,
    "main-user-application-required": 409,
    "request-in-progress": 409,
    "precondition-failed": 412,
    "payload-too-large": 413,
    "unsupported-media-type": 415,
    "validation": 422,
    "image-refused": 422,
    "signed-document-refused": 422,
    "idempotency-key-reused": 422,
    "precondition-required": 428,
    "internal-error": 500,
    "busy": 503,
    "not-ready": 503,
}

MOST_FAULTS = 100
"""So many are told at once: a body of two megabytes has room for a hundred thousand."""

# What the framework itself raises, by status.
FRAMEWORK_CODES = {
    400: "malformed-json",
    404: "not-found",
    405: "method-not-allowed",
    415: "unsupported-media-type",
}


class EdgeRefusal(DomainError):
    """A refusal by the conventions of the edge, before any rule is asked."""


class Unauthenticated(EdgeRefusal):
    code = "unauthenticated"


class NotRegistered(EdgeRefusal):
    """The token is good, and nobody knows its subject yet."""

    code = "not-registered"


class UnsupportedMediaType(EdgeRefusal):
    """Facts: `accepted`, the media types that are."""

    code = "unsupported-media-type"


class PayloadTooLarge(EdgeRefusal):
    """Facts: `largest`, in bytes."""

    code = "payload-too-large"


class MalformedJson(EdgeRefusal):
    code = "malformed-json"


class InvalidCursor(EdgeRefusal):
    code = "invalid-cursor"


class InvalidIdempotencyKey(EdgeRefusal):
    code = "invalid-idempotency-key"


class IdempotencyKeyRequired(EdgeRefusal):
    code = "idempotency-key-required"


class IdempotencyKeyReused(EdgeRefusal):
    code = "idempotency-key-reused"


class RequestInProgress(EdgeRefusal):
    code = "request-in-progress"


class Busy(EdgeRefusal):
    code = "busy"


class ProblemError(TypedDict):
    """One fault: `pointer` into the body, or `parameter` elsewhere."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True)  # type: ignore[misc]  # Pydantic's own way.

    pointer: NotRequired[str]
    """RFC 6901, as `/lines/0/hours`."""
    parameter: NotRequired[str]
    """The query parameter, header or part of the path."""
    code: str
    detail: str


class Problem(TypedDict):
    """Why a request was refused (RFC 9457); further members are the facts of that refusal."""

    __pydantic_config__ = ConfigDict(use_attribute_docstrings=True, extra="allow")  # type: ignore[misc]  # The same.

    type: str
    """A page about the code, `/problems/{code}`."""
    title: str
    status: int
    detail: str
    """What happened and what can be done next, in the language asked for."""
    instance: str
    """The path of the request."""
    code: str
    """Never changes, whatever the language: what programs go by."""
    request_id: str
    pointer: NotRequired[str]
    """Of a refusal about one item of the body: where it is (RFC 6901)."""
    errors: NotRequired[list[ProblemError]]
    """Of `validation`: all faults at once, at most 100."""


def problem(
    request: Request,
    code: str,
    facts: Mapping[str, object] | None = None,
    *,
    errors: Sequence[Mapping[str, object]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    language = preferred_language(request.headers.get("accept-language"))
    facts = facts or {}
    body = {
        "type": f"/problems/{code}",
        "title": title_of(code, language),
        "status": STATUSES[code],
        "detail": detail_of(code, facts, language),
        "instance": request.url.path,
        "code": code,
        "request_id": request.scope.get("request_id", ""),
        **facts,
    }
    if errors is not None:
        body["errors"] = errors
    return Response(
        json.dumps(body, default=_plain, ensure_ascii=False),
        status_code=STATUSES[code],
        headers={
            "Content-Language": language,
            "Vary": "Accept-Language",
            "Cache-Control": "no-store",
            **(headers or {}),
        },
        media_type="application/problem+json",
    )


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def pointer_of(location: Sequence[str | int]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def refuse(request: Request, refusal: DomainError) -> Response:
    language = preferred_language(request.headers.get("accept-language"))
    if isinstance(refusal, Invalid):
        return problem(
            request, refusal.code, errors=[_fault(fault, language) for fault in refusal.faults[:MOST_FAULTS]]
        )
    facts: dict[str, Any] = dict(refusal.facts)
    if refusal.pointer is not None:
        facts["pointer"] = refusal.pointer
    headers: dict[str, str] = {}
    match refusal.code:
        case "unauthenticated":
            gave_token = request.headers.get("authorization", "").lower().startswith("bearer ")
            headers["WWW-Authenticate"] = _challenge(error="invalid_token" if gave_token else None)
        case "strong-authentication-required":
            headers["WWW-Authenticate"] = _challenge(
                error="insufficient_user_authentication",
                acr_values=" ".join(facts["acr_values"]),
                max_age=facts.get("max_age"),
            )
        case "forbidden" if "scope" in facts:
            headers["WWW-Authenticate"] = _challenge(error="insufficient_scope", scope=facts["scope"])
        case "precondition-failed":
            headers["ETag"] = str(facts["etag"])
        case "request-in-progress" | "busy":
            headers["Retry-After"] = "1"
        case "unsupported-media-type" if request.method == "PATCH":
            headers["Accept-Patch"] = "application/merge-patch+json"
    return problem(request, refusal.code, facts, headers=headers)


def _challenge(**parameters: object) -> str:
    """What a client is to bring (RFC 6750 §3, RFC 9470 §3)."""
    said = {"realm": "tuntipankki", **parameters}
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items() if value)


def _fault(fault: Fault, language: Any) -> dict[str, object]:
    detail = fault_detail_of(fault.code, fault.facts, language)
    return {"pointer": fault.pointer, "code": fault.code, "detail": detail}


def _refuse_shape(request: Request, error: RequestValidationError) -> Response:
    language = preferred_language(request.headers.get("accept-language"))
    faults = []
    for one in error.errors()[:MOST_FAULTS]:
        if one["type"] == "json_invalid":
            return refuse(request, MalformedJson())
        place, *rest = one["loc"]
        code = one["type"].replace("_", "-")
        fault: dict[str, object] = {"code": code, "detail": fault_detail_of(code, one.get("ctx") or {}, language)}
        if place == "body":
            fault["pointer"] = pointer_of(rest)
        else:
            fault["parameter"] = str(rest[0]) if rest else str(place)
        faults.append(fault)
    told = {fault.get("parameter") for fault in faults}
    for name, code in getattr(request.state, "address_faults", {}).items():
        if name not in told:
            faults.append({"parameter": name, "code": code, "detail": fault_detail_of(code, {}, language)})
    return problem(request, "validation", errors=faults[:MOST_FAULTS])


def _allowed(request: Request) -> str:
    """The methods of all operations at the path; the framework names those of the first alone."""
    path = request.scope["path"]
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.methods and route.path_regex.match(path):
            methods |= route.methods
    return ", ".join(sorted(methods))


# The database is there but has no room or no time for us now, and the same request may be sent again: a lock or a
# statement that took too long, a deadlock, a pool without a free connection are all of this one kind.
BUSY = psycopg.OperationalError


def handle(request: Request, error: Exception) -> Response:
    """The answer to whatever was raised; only what nobody foresaw is an internal error."""
    if isinstance(error, DomainError):
        return refuse(request, error)
    if isinstance(error, RequestValidationError):
        return _refuse_shape(request, error)
    if isinstance(error, HTTPException):
        if error.status_code == 413:
            return refuse(request, PayloadTooLarge(largest=getattr(request.scope.get("route"), "largest_body", None)))
        code = FRAMEWORK_CODES.get(error.status_code, "internal-error")
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
        return problem(request, code, headers=headers)
    if isinstance(error, Overloaded):
        return refuse(request, Busy())
    if isinstance(error, BUSY):
        log.warning("database busy", exc_info=error)
        return refuse(request, Busy())
    return problem(request, "internal-error")


def install(app: FastAPI) -> None:
    for kind in (DomainError, RequestValidationError, HTTPException, BUSY, Overloaded):
        app.add_exception_handler(kind, handle)
