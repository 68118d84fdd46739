"""What schemathesis cannot know of the service: codes beside statuses, fresh keys, signed cursors."""

import re
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import HookContext
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response

from app.db.identifiers import new_id
from app.texts.rendering import texts_of

ROOT = Path(__file__).parents[2]
FAULTS = set(texts_of("problems", "en").tables["faults"])
RULES = "".join(
    file.read_text(encoding="utf-8")
    for layer in ("domain", "services", "sandbox")
    for file in (ROOT / "app" / layer).rglob("*.py")
)
BEYOND_SHAPE = {code for code in re.findall(r'"([a-z-]+)"', RULES) if code in FAULTS} | {
    "business-id-checksum",
    "business-id-none",
    "iban-checksum",
    "iban-format",  # Each country has a length of its own.
    "iban-country",
    "website-format",  # The URL has to be one that browsers can open.
    "email-unreachable",  # Domains by IDNA 2008, and reserved ones.
    "not-in-csv",  # These depend on the media type that the request accepts.
    "only-in-csv",
    "not-a-table",  # A file that is no table.
    "not-printable",  # Unicode categories, for which JSON Schema's patterns have nothing portable.
}
"""The faults that no schema can exclude."""
ALLOWED = {
    "invalid-cursor",  # A cursor is signed.
    "idempotency-key-required",  # Except with `validate_only`.
    "idempotency-key-reused",
    "image-refused",
    "attachment-refused",
    "validation",  # Its faults are examined one by one.
}


@schemathesis.check
def right_shapes_are_accepted(_: CheckContext, response: Response, case: schemathesis.Case[Any]) -> None:
    """A request that the document allows may only be refused by the rules."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in {400, 415, 422}:
        return
    # A link may lead from a field that is null, such as the source of hours, to a path that needs an id.
    if None in case.path_parameters.values() or "None" in case.path_parameters.values():
        return
    problem = response.json()
    # Of a header that may be missing, no value follows the pattern.
    if problem.get("header") != "If-Match":
        assert problem["code"] in ALLOWED, problem
    faults = {fault["code"] for fault in problem.get("errors", ())}
    assert faults <= BEYOND_SHAPE, problem["errors"]


@schemathesis.hook
def before_call(_: HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:  # noqa: ARG001  # The hook's form.
    """Let valid requests reach the rules: each with a key of its own, none with an invented cursor."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.method in {"POST", "PUT", "PATCH"}:
        case.headers["Idempotency-Key"] = str(new_id())
    case.query.pop("cursor", None)


@schemathesis.serializer("application/pdf")
def pdf(_: schemathesis.SerializationContext, value: object) -> bytes:
    """Send the bytes as they are: schemathesis does not make a PDF, and the service must refuse it."""
    return value if isinstance(value, bytes) else str(value).encode()
