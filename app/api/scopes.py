"""Which scope an API key needs for an operation: the area of its module, and whether it reads or writes."""

from typing import Any

from app.domain.access import Actor, check_person, check_scope
from app.domain.people.api_keys import SCOPES

SCOPE = "x-api-key-scope"
"""The member of an operation of the OpenAPI document that names the scope; null is for people alone."""

FOR_PEOPLE: dict[str, Any] = {SCOPE: None}
"""`openapi_extra` of operations for people alone in an area whose others are for keys too."""


def scope_of(path: str, module: str, kind: str) -> str | None:
    """None where it is not for keys: what is a person's own, and areas whose operations only a person calls."""
    if path == "/me" or path.startswith("/me/"):
        return None
    area = module.removeprefix("app.api.").partition(".")[0]
    scope = f"{area}:{'write' if kind == 'write' else 'read'}"
    return scope if scope in SCOPES else None


def check_operation(actor: Actor, scope: str | None) -> None:
    """Before anything is looked up: it is about the operation, not about what it is called for. Raises Forbidden."""
    if scope is None:
        check_person(actor)
    else:
        check_scope(actor, scope)
