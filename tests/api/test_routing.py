"""The index of operations: each is found at its own path only."""

import inspect
import re
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Match

from app.api.operations import Operation
from app.api.routing import Index
from app.api.security import operation
from tests.builders import Person, refusal
from tests.document import application

ROUTES = application().routes
INDEX = next(route for route in ROUTES if isinstance(route, Index))
OPERATIONS = [each for each in iter_route_contexts(ROUTES) if isinstance(each.original_route, Operation)]


def asked(method: str, path: str) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.name}")
def test_each_operation_is_found_at_its_path(operation: RouteContext) -> None:
    path = re.sub(r"\{\w+\}", "2023", str(operation.path))
    for method in operation.methods or ():
        match, found = INDEX.matches(asked(method, path))
        assert match is Match.FULL
        assert found["route"] is operation.original_route
        assert found["path_template"] == operation.path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1"),
        ("GET", "/v1/"),
        ("GET", "/v1/nowhere"),
        ("GET", "/v1/organisations/"),
        ("GET", "/v1/organisations//hour-accounts/2023"),
        ("GET", "/v1/organisations/1/hour-accounts/2023/"),
        ("GET", "/v1/Organisations"),
    ],
)
def test_nothing_else_is_found(method: str, path: str) -> None:
    assert INDEX.matches(asked(method, path)) == (Match.NONE, {})


def test_a_word_in_a_path_is_not_taken_for_an_id_where_it_lacks_the_method(main_user: Person) -> None:
    answer = main_user.get("/v1/role-invitations/acceptance")
    assert (refusal(answer), answer.headers["Allow"]) == ((405, "method-not-allowed"), "POST")


def test_an_operation_that_does_not_declare_who_may_call_it_stops_the_start() -> None:
    router = APIRouter(route_class=Operation)

    async def undeclared() -> None:
        """Do something."""

    with pytest.raises(TypeError, match=r"undeclared does not declare who may call it"):
        router.get("/undeclared")(undeclared)


@pytest.mark.parametrize(
    "declaration", [{}, {"scope": "hours:read", "people_only": True}, {"is_open": True, "newcomers": True}]
)
def test_a_declaration_names_exactly_one_kind_of_caller(declaration: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="is for keys with a scope, for people only, for keys only, for newcomers, or"):
        operation(**declaration)


def parts_of(operation: RouteContext) -> list[Dependant]:
    assert isinstance(operation.original_route, Operation)
    dependant = operation.original_route.dependant
    return [dependant, *dependant.dependencies]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.name}")
def test_a_query_parameter_that_is_left_out_has_the_default_of_the_signature(operation: RouteContext) -> None:
    for part in parts_of(operation):
        assert part.call
        signature = inspect.signature(part.call).parameters
        for parameter in part.query_params:
            assert parameter.field_info.is_required() or signature[parameter.name].default == parameter.default


def test_no_change_names_the_version_of_what_is_computed() -> None:
    computed = [str(each.path) for each in OPERATIONS if each.original_route.declared.computed]  # type: ignore[attr-defined]  # It is an operation.
    versioned = [
        str(each.path)
        for each in OPERATIONS
        if any(parameter.alias == "If-Match" for part in parts_of(each) for parameter in part.header_params)
    ]
    assert computed
    assert versioned
    assert not [path for path in versioned if path.startswith(tuple(computed))]
