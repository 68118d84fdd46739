"""The OpenAPI document: what FastAPI generates, completed with what it cannot know."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from app.api.descriptions import describe
from app.api.examples import show_example
from app.api.problems import Problem
from app.api.requests import JSON, MERGE_PATCH
from app.api.responses import HEADERS, SHARED

DESCRIPTION = """
The teaching hours of a study centre (opintokeskus) and its member organisations, through the year: what the
organisations propose, what the study centre decides, how each organisation divides its hours, what it asks for and
gives back in the change windows, and where every hour is.

**To try it** in a sandbox: `GET /v1/sandbox/people` lists the demo people, `POST /v1/sandbox/tokens` answers an access
token for one of them. Put it into *Authorize* below. Elsewhere *Authorize* leads to your sign-in service; whoever
comes for the first time then registers by `POST /v1/people`.

- **Hours** are whole teaching hours (opetustunti, 45 minutes). **Days** are days of Finnish time: what is open until
  a day is open until its midnight in Europe/Helsinki. **Instants** are written as in RFC 3339, with their offset.
- **Retries**: send an `Idempotency-Key` with every `POST`, `PUT` and `PATCH`, and the same request may be sent again:
  the first answer comes back with `Idempotency-Replayed: true`. Operations that move hours require one; here in the
  browser a fresh one is added where you write none.
- **Dry runs**: `?validate_only=true` gives the same answer or the same refusal, and changes nothing.
- **Versions**: a resource comes with an `ETag`. A `PATCH` says in `If-Match` which version it starts from; a read
  that says in `If-None-Match` which one it has is answered 304 where nothing has changed.
- **Lists** come in parts: `next_cursor` of one is the `cursor` of the next. `include=total` counts the whole list.
- **Refusals** are problems (RFC 9457) in Finnish, Swedish or English, as `Accept-Language` says. Each has a `code` that
  never changes, told at [`/problems`](/problems), and the facts that let you go on: when the window opens, how much is
  left, which states allow it.
"""

TAGS = [
    {"name": name, "description": description}
    for name, description in {
        "Sandbox": "To try the service as anybody, at any time: demo people, tokens, the clock, the mails sent.",
        "Me": "Who you are to the service: your roles and your organisations.",
        "People": "Registering, who the people are, and joining two sign-ins of one person.",
        "Rights": "Who holds which role, from whom, why and for how long; asking for a role, giving and ending it.",
        "Onboarding": "A new main user's four steps, each with its day.",
        "Yearly confirmations": "Once a year each main user confirms that the data and rights are in order.",
        "Organisations": "Central organisations, and the districts and associations below them.",
        "Main-user applications": "How one becomes main user: signatories, application, signatures, decision.",
        "Bank accounts": "Where an organisation is paid; a change waits for a second person, and then holds payments.",
        "Images": "An organisation's logo and signature image, at most one of each.",
        "Training rules": "A central organisation's own rules on its supported trainings, which the service obeys.",
        "Contact persons": "Whom of the study centre an organisation turns to, and at which regional office.",
        "Calendar": "The yearly calendar (vuosikello): the deadlines that open and close everything below.",
        "Hour pools": "What the study centre may grant in a year, and the closing of the year.",
        "Hour proposals": "What organisations propose for the next year, in the proposal round of the autumn.",
        "Hour decisions": "What the study centre grants, many organisations at once, all or nothing.",
        "Hour distribution": "How a central organisation divides its hours among its districts and associations.",
        "Hour accounts": "Where the hours are, now or at any instant, and every transfer that brought them there.",
        "Supplementary requests": "More hours within the year, asked for in the change windows.",
        "Hour returns": "Hours that will not be used, given back in the change windows for others to use.",
        "Hour corrections": "Mistakes put right, by a transfer of their own.",
        "API keys": "Keys for organisations' own programs, which call as people do, within their scopes.",
        "Audit": "Who did what to what, when and why: never changed, and kept whole.",
        "Mail": "The mails sent, and the messages that the staff write.",
    }.items()
]
"""In the order of the year, which the routers follow."""

BEARER = """
A person's access token, or an organisation's API key (`tp_…`). A key needs the scope that the operation names; where it
names none, only a person may call it.
"""
REDUNDANT = ("HTTPValidationError", "ValidationError")
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the version you have.",
    "schema": {"type": "string"},
}


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
    components["responses"] = SHARED
    components["headers"] = HEADERS
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "description": BEARER}}
    used = set()
    for path in document["paths"].values():
        for method, operation in path.items():
            used.update(operation["tags"])
            _complete_operation(method, operation)
    describe(document)
    _drop_titles(document["paths"])
    _drop_titles(schemas)
    components["schemas"] = dict(sorted(schemas.items()))
    document["tags"] = [tag for tag in TAGS if tag["name"] in used]
    return document


def _complete_operation(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    for status, response in responses.items():
        if "$ref" in response:
            responses[status] = {"$ref": response["$ref"]}
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        parameter["schema"] = _without_null(parameter["schema"])
        parameter["schema"].pop("description", None)
        if parameter["name"] == "If-Match" and method == "patch":
            parameter["required"] = True
    if "304" in responses:
        operation["parameters"] = [*parameters, IF_NONE_MATCH]
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
        needed = f"**API keys** need `{scope}`." if scope else "**In person**: not for API keys."
        operation["description"] = "\n\n".join(filter(None, [operation.get("description"), needed]))
    show_example(operation)


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
        for value in node.values():
            _drop_titles(value)
    elif isinstance(node, list):
        for value in node:
            _drop_titles(value)
