"""The index of operations: each is found at its own address, and by it alone."""

import re

import pytest
from starlette.routing import Match

from app.api.operations import Operation
from app.api.routing import Index
from app.main import create_app
from app.settings import Settings

ROUTES = create_app(Settings(database_url="postgresql://", secret_key="a" * 32, sandbox=True)).routes
INDEX = next(route for route in ROUTES if isinstance(route, Index))
OPERATIONS = [route for route in ROUTES if isinstance(route, Operation)]


def asked(method: str, path: str) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.name}")
def test_each_operation_is_found_at_its_address(operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", "2023", operation.path)
    for method in operation.methods or ():
        match, found = INDEX.matches(asked(method, path))
        assert match is Match.FULL
        assert found["route"] is operation


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1"),
        ("GET", "/v1/"),
        ("GET", "/v1/nowhere"),
        ("GET", "/v1/organisations/"),
        ("GET", "/v1/organisations//hour-accounts/2023"),
        ("GET", "/v1/organisations/1/hour-accounts/2023/"),
        ("TRACE", "/v1/organisations"),
        ("GET", "/v1/Organisations"),
    ],
)
def test_nothing_else_is_found(method: str, path: str) -> None:
    assert INDEX.matches(asked(method, path)) == (Match.NONE, {})
