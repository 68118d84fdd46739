"""The OpenAPI document: what FastAPI generates, completed with what it cannot know."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import TypeAdapter

from app.api.descriptions import describe
from app.api.examples import show_example
from app.api.operations import Tag
from app.api.pictures import SVG
from app.api.problem_facts import example_of as problem_example_of
from app.api.problem_facts import schema_name_of, schema_of
from app.api.problems import STATUSES, Problem
from app.api.requests import JSON, MERGE_PATCH
from app.api.responses import CODES, HEADERS, SHARED
from app.api.shapes import TAGS

DESCRIPTION = """
The teaching hours of a study centre (opintokeskus) and its member organisations through the year: hour proposals,
decisions, the distribution of hours within each organisation, supplementary requests and returns in the change
windows, and the account of every hour. Training courses and peer study groups use the hours: their plans,
participants, cost statements, support and statistics. Training models are courses rated in study credits. Their
completions bring certificates, a place in the study register and, with consent, in Koski. Main users can earn badges.

**To try it** in a sandbox, open an operation and press the button that signs in and sets the clock for its example, or
choose a person and a time in the bar at the top of the page. Programs use `POST /v1/sandbox/tokens` and
`PUT /v1/sandbox/clock`. Elsewhere, *Authorize* leads to your sign-in service. A person who signs in for the first time
registers by `POST /v1/people`.

- **Hours** are teaching hours (opetustunti, 45 minutes), in whole numbers. **Days** are days of Finnish time: what is
  open until a day is open until its midnight in Europe/Helsinki. **Times** are written as in RFC 3339, with their
  offset.
- **Retries**: send an `Idempotency-Key` with every `POST`, `PUT` and `PATCH`, and you can send the same request again:
  the first response is returned with `Idempotency-Replayed: true`. Operations that move hours require a key. Here in
  the browser a new one is added if you give none.
- **Dry runs**: `?validate_only=true` returns the same response or the same error, and changes nothing.
- **Versions**: a resource has an `ETag`. A `PATCH` gives in `If-Match` the version that it starts from. A read of a
  resource or a list that gives in `If-None-Match` the version you have returns 304 if nothing has changed. A `PUT`
  with `If-None-Match: *` changes nothing that has been put before (412), and a read with `If-Match` returns no other
  version (412). `HEAD` is allowed wherever `GET` is, and returns
  the same headers without the body.
- **Lists** are returned in pages: `next_cursor` of a page is the `cursor` of the next. `include=total` adds the number
  of items. Filters by a state, a kind, an ID or a year can be repeated: `state=draft&state=submitted`. To keep a copy
  of a list, ask for what has changed: `changed_since`.
- **CSV**: lists of hours and of organisations are also returned as CSV (RFC 4180), with `Accept: text/csv`: all items
  that match, in the order of the list, as they are at one time, without `limit`, `cursor` and `include`. The columns
  have the names of the fields, `previous_year.granted` within another. Lists are left out, and `null` is empty. Text
  that a spreadsheet would take for a formula begins with an apostrophe. `separator=semicolon` and `bom=true` are for
  spreadsheets. A response that breaks off is not complete: receive it again.
- **Rate limits**: a person, an API key and a network address without a token can each send a number of requests in a
  minute. `RateLimit` shows how many are left. One too many gets 429 with `Retry-After`.
- **Errors** are problems (RFC 9457) in Finnish, Swedish or English, by `Accept-Language`. Each has a `code` that never
  changes, explained at [`/problems`](/problems), and facts that help you continue: when the window opens, how many
  hours are left, which states allow the request.
"""

BEARER = """
A person's access token, or an organisation's API key (`tp_…`). A key needs the scope that the operation names. If the
operation names none, only a person can call it. `GET /v1/api-keys/current` shows what a key may do.
"""
REDUNDANT = ("HTTPValidationError", "ValidationError")
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "`ETag` of the only version to return.",
    "schema": {"type": "string", **TAGS},
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "`ETag` of the version you have.",
    "schema": {"type": "string"},
}


def tags_of(routers: Iterable[APIRouter]) -> list[dict[str, str]]:
    """The tags with their descriptions, in the order of the routers."""
    tags = {str(tag): tag.description for router in routers for tag in router.tags if isinstance(tag, Tag)}
    return [{"name": name, "description": description} for name, description in tags.items()]


def complete(app: FastAPI) -> None:
    """Makes `app.openapi()` answer the completed document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(generate())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document.


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    for name in REDUNDANT:
        schemas.pop(name, None)
    problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**problem.pop("$defs"), "Problem": problem}
    schemas |= {schema_name_of(code): schema_of(code) for code in STATUSES}
    components["responses"] = SHARED
    components["examples"] = {code: problem_example_of(code, status) for code, status in STATUSES.items()}
    components["headers"] = HEADERS
    document["security"] = [{"token": []}]
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "description": BEARER}}
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete_operation(method, operation)
    describe(document)
    _open_enums(document)
    _drop_titles(document["paths"])
    _drop_titles(schemas)
    components["schemas"] = dict(sorted(schemas.items()))
    _keep_used(components, document["paths"])
    return document


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status, response in responses.items():
        if "$ref" in response:
            responses[status] = {"$ref": response["$ref"]}
        elif SVG in (content := response.get("content", {})):
            # Swagger UI asks for the first; FastAPI begins with its own.
            response["content"] = {SVG: content[SVG]} | content
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        parameter["schema"] = _without_null(parameter["schema"])
        parameter["schema"].pop("description", None)
        # A `PUT` needs it only where the resource has been put before.
        if parameter["name"] == "If-Match" and "428" in responses and method != "put":
            parameter["required"] = True
    if "304" in responses:
        operation["parameters"] = [*parameters, IF_MATCH, IF_NONE_MATCH]
    bodies = operation.get("requestBody", {}).get("content", {})
    for body in bodies.values():
        body["schema"] = _without_null(body["schema"])
    if method == "patch":
        bodies[MERGE_PATCH] = bodies.pop(JSON)
    # FastAPI puts the whole docstring where there is nothing below its first line, which is the summary.
    if operation.get("description", "").rstrip(".") == operation["summary"]:
        del operation["description"]
    if operation["security"]:
        scope = operation.get("x-api-key-scope")
        needed = f"**API keys** need `{scope}`." if scope else "**API keys** cannot call this operation."
        if "x-api-keys-only" in operation:
            needed = "**API keys** need no scope, and people cannot call this operation."
        operation["description"] = "\n\n".join(filter(None, [operation.get("description"), needed]))
    show_example(operation)


def _keep_used(components: dict[str, Any], paths: Any) -> None:
    """Leave out what no operation of this application refers to."""
    used = {reference.rpartition("/")[2] for reference in _references(paths)}
    components["responses"] = {name: response for name, response in SHARED.items() if name in used}
    codes = {code for response in components["responses"].values() for code in response[CODES]}
    components["examples"] = {code: each for code, each in components["examples"].items() if code in codes}
    for code in STATUSES.keys() - codes:
        del components["schemas"][schema_name_of(code)]


def _open_enums(document: dict[str, Any]) -> None:
    """Mark enums of responses as open, since values are added without a new version; those of requests stay closed.

    Raises TypeError for a schema of both, which cannot be open and closed.
    """
    components, operations = document["components"], list(operations_of(document))
    schemas: dict[str, Any] = components["schemas"]
    sent = _named_in(
        [operation.get(part) for operation in operations for part in ("parameters", "requestBody")], schemas
    )
    responses = [[operation["responses"] for operation in operations], components["responses"], components["headers"]]
    received = _named_in(responses, schemas)
    if both := sent & received:
        raise TypeError(f"{sorted(both)} are schemas of requests and of responses: each needs a type of its own")
    _open([*responses, *(schemas[name] for name in received)])


def operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for path in document["paths"].values() for operation in path.values())


def _named_in(node: Any, schemas: Mapping[str, Any]) -> set[str]:
    """Return the names of the schemas that are referenced, also by one another."""
    named: set[str] = set()
    found = [node]
    while found:
        new = {name.rpartition("/")[2] for name in _references(found)} & schemas.keys() - named
        named |= new
        found = [schemas[name] for name in new]
    return named


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _references(value)


def _open(node: Any) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            node["x-extensible-enum"] = node.pop("enum")
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            _open(value)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Outside JSON there is no null: what is not said is left out."""
    kinds: list[dict[str, Any]] = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {name: value for name, value in schema.items() if name not in {"anyOf", "default"}} | kinds[0]


def _drop_titles(node: Any) -> None:
    """Names made up from our own names; what is called a title is a mapping where it is a member."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for name, value in node.items():
            if name != "example":
                _drop_titles(value)
    elif isinstance(node, list):
        for value in node:
            _drop_titles(value)
