"""A check of our own for schemathesis: it knows statuses, we know codes."""

import re
import tomllib
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response

ROOT = Path(__file__).parents[2]
FAULTS = set(tomllib.loads((ROOT / "openapi" / "problems" / "en.toml").read_text(encoding="utf-8"))["faults"])
RULES = "".join(
    file.read_text(encoding="utf-8")
    for layer in ("domain", "services")
    for file in (ROOT / "app" / layer).rglob("*.py")
)
BEYOND_SHAPE = {code for code in re.findall(r'"([a-z-]+)"', RULES) if code in FAULTS} | {
    "int-type",  # 10.0 is an integer to JSON Schema, and none to us (contract: strictness).
    "business-id-checksum",
}
"""The faults that no schema can rule out."""
ALLOWED = {
    "invalid-cursor",  # A cursor is signed.
    "idempotency-key-required",  # Unless `validate_only` is said.
    "idempotency-key-reused",
    "validation",  # Its faults are looked at one by one.
}


@schemathesis.check
def right_shapes_are_accepted(_: CheckContext, response: Response, case: schemathesis.Case[Any]) -> None:
    """What the document allows is refused by the rules alone."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in {400, 415, 422}:
        return
    problem = response.json()
    assert problem["code"] in ALLOWED, problem
    faults = {fault["code"] for fault in problem.get("errors", ())}
    assert faults <= BEYOND_SHAPE, problem["errors"]
