"""Error responses: every refusal as an RFC 9457 problem, and the only table of their statuses."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import with_config
from starlette.exceptions import HTTPException
from starlette.responses import Response
from typing_extensions import TypedDict

from app.api.authorization import bearer_of, is_key
from app.api.faults import errors_of_rules, errors_of_shape, is_malformed_json
from app.api.languages import page_language, preferred_language
from app.api.pages import HtmlPage, asks_for_page, document, paragraphs
from app.api.security import Declaration
from app.domain.errors import DomainError, Invalid
from app.domain.organisations.organisations import Language
from app.limited import Overloaded
from app.texts.pages import text_of_refusal
from app.texts.problems import detail_of, title_of

log = structlog.get_logger()

STATUSES: dict[str, int] = {
    "malformed-request": 400,
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
    "request-timeout": 408,
    "window-closed": 409,
    "year-closed": 409,
    "wrong-state": 409,
    "pool-exceeded": 409,
    "quota-exceeded": 409,
    "allotment-in-use": 409,
    "already-exists": 409,
    "too-many": 409,
    "plan-stale": 409,
    "same-person": 409,
    "not-central": 409,
    "not-a-member": 409,
    "organisation-cycle": 409,
    "organisation-in-use": 409,
    "deadline-overlap": 409,
    "assignment-overlap": 409,
    "runs-no-trainings": 409,
    "plan-window-closed": 409,
    "training-not-over": 409,
    "enrolment-closed": 409,
    "training-full": 409,
    "consent-closed": 409,
    "not-for-koski": 409,
    "activity-not-supported": 409,
    "decision-required": 409,
    "criteria-unmet": 409,
    "comments-open": 409,
    "opinions-missing": 409,
    "by-invitation-only": 409,
    "support-rules-unverified": 409,
    "not-configured": 409,
    "signature-missing": 409,
    "base-right-required": 409,
    "last-main-user": 409,
    "last-staff": 409,
    "main-user-application-required": 409,
    "request-in-progress": 409,
    "response-unreadable": 409,
    "precondition-failed": 412,
    "payload-too-large": 413,
    "unsupported-media-type": 415,
    "validation": 422,
    "image-refused": 422,
    "attachment-refused": 422,
    "signed-document-refused": 422,
    "idempotency-key-reused": 422,
    "precondition-required": 428,
    "rate-limited": 429,
    "token-too-large": 431,
    "internal-error": 500,
    "busy": 503,
    "not-ready": 503,
}

# Errors that the framework itself raises, by status.
FRAMEWORK_CODES = {
    400: "malformed-json",
    404: "not-found",
    405: "method-not-allowed",
    415: "unsupported-media-type",
}


class EdgeRefusal(DomainError):
    """A refusal by the conventions of the API, before any rule is checked."""


class NotRegistered(EdgeRefusal):
    """The token is valid, and its subject has not registered yet."""

    code = "not-registered"


class UnsupportedMediaType(EdgeRefusal):
    """Facts: `accepted`, the media types that the operation takes, or `accepted_codings`."""

    code = "unsupported-media-type"


class PayloadTooLarge(EdgeRefusal):
    """Facts: `largest`, the limit in bytes, or `most_values`."""

    code = "payload-too-large"


class TokenTooLarge(EdgeRefusal):
    """Facts: `largest`, the limit in bytes."""

    code = "token-too-large"


class MalformedRequest(EdgeRefusal):
    """The request is not as HTTP has it. Facts: `header`, the name of the one that is wrong, where it is one."""

    code = "malformed-request"


class RequestTimeout(EdgeRefusal):
    code = "request-timeout"


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


class ResponseUnreadable(EdgeRefusal):
    """The stored response has a secret, and was encrypted while the service had another key."""

    code = "response-unreadable"


class Busy(EdgeRefusal):
    code = "busy"


@with_config(use_attribute_docstrings=True)
class ProblemError(TypedDict):
    """One error of the request: with `pointer` in the body, with `row` in a table, with `parameter` elsewhere."""

    pointer: NotRequired[str]
    """Place in the body (RFC 6901), for example `/lines/0/hours`."""
    parameter: NotRequired[str]
    """Name of the query parameter, path parameter or header."""
    row: NotRequired[int]
    """Number of the row, if the body is a table. Its header is row 1."""
    column: NotRequired[str]
    """Name of the column, or its letter if the column is unknown. Missing if the error concerns the complete row."""
    code: str
    """Kind of the error. It never changes."""
    detail: str
    """Description of the error and what to do, in the language of the response."""


@with_config(use_attribute_docstrings=True, extra="allow")
class Problem(TypedDict):
    """Reason why a request was rejected (RFC 9457). All other fields are facts of the error."""

    type: str
    """Page about the code: the path `/problems/{code}`, or the URL if the service knows its public one."""
    title: str
    """Short name of the error, in the language of the response."""
    status: int
    """HTTP status of the response."""
    detail: str
    """Description of what happened and what to do next, in the language of the response."""
    instance: str
    """Path of the request."""
    code: str
    """Kind of the error, for programs. It never changes and is the same in every language."""
    request_id: str
    """ID of the request, for the service operator."""
    pointer: NotRequired[str]
    """Place in the body of the item that the error concerns (RFC 6901)."""
    errors: NotRequired[list[ProblemError]]
    """All errors of a `validation` problem together, at most 100."""


def problem(
    request: Request,
    code: str,
    facts: Mapping[str, object] | None = None,
    *,
    errors: Sequence[Mapping[str, str | int]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    facts = facts or {}
    declared = _declared_of(request)
    page = declared and declared.page
    if page and asks_for_page(request.headers):
        return _page(request, page, code, facts, headers or {})
    language = _language_of(request)
    body = {
        "type": f"{_public_url_of(request) or ''}/problems/{code}",
        "title": title_of(code, language),
        "status": STATUSES[code],
        "detail": detail_of(code, {**facts, **_asking(request)}, language),
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
            "Vary": "Accept-Language, Accept" if page else "Accept-Language",
            "Cache-Control": "private, no-cache",
            **(headers or {}),
        },
        media_type="application/problem+json",
    )


def _page(request: Request, name: str, code: str, facts: Mapping[str, object], headers: Mapping[str, str]) -> HtmlPage:
    """What the problem says, for a person whose browser shows it."""
    language = page_language(request)
    text = text_of_refusal(name, code, facts, language)
    about = {"Content-Language": language, "Vary": "Accept-Language, Accept", "Cache-Control": "no-store"}
    return HtmlPage(document(language, text.title, paragraphs(text.paragraphs)), STATUSES[code], {**about, **headers})


def _declared_of(request: Request) -> Declaration | None:
    """What the operation declares. None where the request has not been led to one."""
    return getattr(request.scope.get("route"), "declared", None)


def _public_url_of(request: Request) -> str | None:
    """None also for what is refused before it reaches the application."""
    backend = request.scope["app"].state.backend if "app" in request.scope else None
    return backend.settings.public_url if backend else None


def _asking(request: Request) -> Mapping[str, object]:
    """Who asks, because the advice differs; neither if the request has no token, or the operation needs none."""
    declared = _declared_of(request)
    if declared and declared.is_open:
        return {}
    bearer = bearer_of(request.headers.get("authorization"))
    return {"key_asks" if is_key(bearer) else "person_asks": True} if bearer else {}


def _language_of(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language"))


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def refuse(request: Request, refusal: DomainError) -> Response:
    if isinstance(refusal, Invalid):
        errors = errors_of_rules(refusal, _language_of(request))
        return problem(request, refusal.code, refusal.facts, errors=errors)
    pointer = {} if refusal.pointer is None else {"pointer": refusal.pointer}
    return problem(request, refusal.code, {**refusal.facts, **pointer}, headers=_headers_of(request, refusal))


def _headers_of(request: Request, refusal: DomainError) -> dict[str, str]:
    """The headers of a refusal, for clients that react without reading the body."""
    facts: dict[str, Any] = refusal.facts
    match refusal.code:
        case "unauthenticated":
            has_token = bearer_of(request.headers.get("authorization"))
            return {"WWW-Authenticate": _challenge(error="invalid_token" if has_token else None)}
        case "strong-authentication-required":
            challenge = _challenge(
                error="insufficient_user_authentication",
                acr_values=" ".join(facts["acr_values"]),
                max_age=facts.get("max_age"),
            )
            return {"WWW-Authenticate": challenge}
        case "forbidden" if "scope" in facts:
            return {"WWW-Authenticate": _challenge(error="insufficient_scope", scope=facts["scope"])}
        case "precondition-failed" if "etag" in facts:
            return {"ETag": str(facts["etag"])}
        case "rate-limited":
            return {"Retry-After": str(facts["retry_after"])}
        case "request-in-progress" | "busy":
            return {"Retry-After": "1"}
        case "unsupported-media-type" if "accepted_codings" in facts:
            return {"Accept-Encoding": ", ".join(facts["accepted_codings"])}
        case "unsupported-media-type" if request.method == "PATCH":
            return {"Accept-Patch": "application/merge-patch+json"}
    return {}


def _challenge(**parameters: object) -> str:
    """Return the challenge: what the client has to send (RFC 6750 §3, RFC 9470 §3)."""
    given = {"realm": "tuntipankki", **parameters}
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in given.items() if value)


def _refuse_shape(request: Request, error: RequestValidationError) -> Response:
    if is_malformed_json(error):
        return refuse(request, MalformedJson())
    parameter_faults = getattr(request.state, "parameter_faults", {})
    return problem(request, "validation", errors=errors_of_shape(error, parameter_faults, _language_of(request)))


def _allowed(request: Request) -> str:
    """The methods of all operations at the path; the framework names only those of the first."""
    path, template = request.scope["path"], request.scope.get("path_template")
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.methods and (route.path == template if template else route.path_regex.match(path)):
            methods |= route.methods
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


# The database has no room or no time now, and the same request may be sent again: a lock or a statement took too long,
# a deadlock occurred, the pool had no free connection, the disk is full, or the primary has become a standby.
BUSY = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction)


def handle(request: Request, error: Exception) -> Response:
    """Return the response to an exception; only an unforeseen one is an internal error."""
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
    for kind in (DomainError, RequestValidationError, HTTPException, *BUSY, Overloaded):
        app.add_exception_handler(kind, handle)
