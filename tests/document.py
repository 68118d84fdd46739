"""Compares answers with the OpenAPI document: every answer to a test must be as the document says."""

import json
import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI

from app.api.problem_facts import OF_CODE
from app.api.responses import CODES
from app.sandbox.main import create_app
from app.settings import Settings

Answer = tuple[str, str, str]
"""An operation's id, a status, and the code of a problem."""
MET: set[Answer] = set()
"""The answers to this process's tests."""


@cache
def application() -> FastAPI:
    """A sandbox's application, with its own operations among the others; it has no database."""
    return create_app(Settings(database_url="postgresql://", secret_key="a" * 32, sandbox=True))


@cache
def document() -> dict[str, Any]:
    return application().openapi()


@cache
def operations() -> list[tuple[re.Pattern[str], str, dict[str, Any]]]:
    """Each operation with its path, paths without variables first."""
    paths = sorted(document()["paths"].items(), key=lambda item: "{" in item[0])
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), method.upper(), operation)
        for path, methods in paths
        for method, operation in methods.items()
    ]


@cache
def validator_of(schema: str) -> Any:
    """The validator of a schema of the document, given as JSON text. Only the values that it names are right today."""
    schemas = json.loads(json.dumps(document()["components"]["schemas"]).replace('"x-extensible-enum"', '"enum"'))
    whole = {**json.loads(schema.replace('"x-extensible-enum"', '"enum"')), "components": {"schemas": schemas}}
    return jsonschema_rs.validator_for(whole, validate_formats=True)


@cache
def members_of_problem(code: str) -> set[str]:
    return {*OF_CODE.get(code, ()), *document()["components"]["schemas"]["Problem"]["properties"]}


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: dict[str, Any] = document()
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def documented_answers() -> set[Answer]:
    return {
        (operation["operationId"], status, code)
        for _, _, operation in operations()
        for status, response in operation["responses"].items()
        for code in resolved(response).get(CODES, [""])
    }


def check_answer(answer: httpx.Response) -> None:
    """Check that status, code, headers and body are documented. An event hook of the tests' clients.

    A response of no operation, for example to an unknown path, is not in the document.
    """
    asked = answer.request
    found = (one for path, method, one in operations() if method == asked.method and path.fullmatch(asked.url.path))
    operation = next(found, None)
    if operation is None or answer.status_code == 405:
        return
    where = f"{asked.method} {asked.url.path} {answer.status_code}"
    assert str(answer.status_code) in operation["responses"], f"{where} is not documented"
    documented = resolved(operation["responses"][str(answer.status_code)])
    answer.read()
    code = ""
    content = documented.get("content", {})
    if not content:
        assert not answer.content, f"{where} has a body"
        assert "Content-Type" not in answer.headers, f"{where} has a type without a body"
    media_type = answer.headers.get("Content-Type", "")
    assert not content or content.keys() & {media_type, media_type.partition(";")[0]}, f"{where} is {media_type}"
    if media_type.endswith("json"):
        value = answer.json()
        if answer.status_code >= 400:
            code = value["code"]
            assert code in documented[CODES], f"{where}: {code} is not documented: `refusing()`"
            untyped = value.keys() - members_of_problem(code)
            assert not untyped, f"{where}: {untyped} of {code} are not typed: app/api/problem_facts.py"
        faults = [str(fault) for fault in validator_of(json.dumps(content[media_type]["schema"])).iter_errors(value)]
        assert not faults, f"{where}: {faults}"
    for name, header in documented["headers"].items():
        if resolved(header).get("required"):
            assert name in answer.headers, f"{where} without {name}"
    for name in {"Location", "ETag", "Link", "Retry-After", "Idempotency-Replayed"} & set(answer.headers):
        assert name in documented["headers"], f"{where}: {name} is not documented"
    MET.add((operation["operationId"], str(answer.status_code), code))
