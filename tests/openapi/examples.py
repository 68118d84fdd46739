"""The document's own examples as requests: sent as they are, or with one thing wrong."""

from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import uuid4

import httpx

from app.api.examples import EXAMPLES, example_of, examples
from tests.document import document
from tests.sandbox import Sandbox


@dataclass(frozen=True)
class Example:
    """An operation with the request of its example."""

    operation: dict[str, Any]
    method: str
    template: str
    values: dict[str, str]
    """Values of the path's variables."""
    query: dict[str, Any]
    headers: dict[str, str]
    json: Any = None
    content: bytes | None = None

    @property
    def id(self) -> str:
        return str(self.operation["operationId"])

    @property
    def entry(self) -> dict[str, Any]:
        """The example's own entry, with its sender and its time."""
        return example_of(self.operation)

    @property
    def media_types(self) -> list[str]:
        return list(self.operation.get("requestBody", {}).get("content", {}))

    @property
    def has_dry_run(self) -> bool:
        return any(parameter["name"] == "validate_only" for parameter in self.operation.get("parameters", []))

    @property
    def path(self) -> str:
        path = self.template
        for name, value in self.values.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def but(self, **changed: Any) -> Self:
        return replace(self, **changed)

    def dry_run(self) -> Self:
        """One that changes nothing. A read is its own."""
        return self.but(query=self.query | {"validate_only": True}) if self.has_dry_run else self

    def caller(self, sandbox: Sandbox) -> httpx.Client:
        """The sender of the example, at the example's time."""
        if "at" not in self.entry:
            return sandbox.client
        sandbox.clock(self.entry["at"])
        if "as_key" not in self.entry:
            return sandbox.person(**self.who).client if self.who else sandbox.client
        main_user = sandbox.person(email=examples()["defaults"]["as"])
        body = example_of({"operationId": "make_api_key", "security": [{}]})["body"]
        return sandbox.with_token(main_user.post("/v1/api-keys", body).json()["key"])

    @property
    def who(self) -> dict[str, str]:
        named = {"email": self.entry.get("as"), "subject": self.entry.get("as_subject")}
        return {name: str(value) for name, value in named.items() if value}

    def whole(self, sandbox: Sandbox) -> Self:
        """With its file, if it has one: from beside the examples, or from the sandbox's own operation."""
        if "thumbprint" in self.values:
            # Each sandbox has a key of its own, which is in the document that it serves.
            served = sandbox.client.get("/openapi.json").json()["paths"][self.template]["get"]["parameters"]
            values = {each["name"]: each["example"] for each in served if each["in"] == "path"}
            return self.but(values=values)
        file = self.entry.get("file", {})
        if "path" in file:
            return self.but(content=(EXAMPLES.parent / str(file["path"])).read_bytes())
        if "answer_of" in file:
            answer = sandbox.client.post(file["answer_of"], json=file["to"])
            assert answer.is_success, answer.text
            return self.but(content=answer.content)
        return self

    def send(self, client: httpx.Client) -> httpx.Response:
        return client.request(
            self.method, self.path, params=self.query, headers=self.headers, json=self.json, content=self.content
        )


def examples_of() -> list[Example]:
    """The examples of all operations, in the document's order, each without its file."""
    return [
        _example(method.upper(), path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]


def _example(method: str, path: str, operation: dict[str, Any]) -> Example:
    example = Example(operation, method, path, {}, {}, {"Idempotency-Key": str(uuid4())} if method == "POST" else {})
    for parameter in operation.get("parameters", []):
        name = parameter["name"]
        if "example" not in parameter:
            assert not parameter["required"], f"{example.id}: {name}"
        elif parameter["in"] == "path":
            example.values[name] = str(parameter["example"])
        elif parameter["in"] == "query":
            example.query[name] = parameter["example"]
        else:
            example.headers[name] = parameter["example"]
    if "image/svg+xml" in operation["responses"].get("200", {}).get("content", {}):
        example.headers["Accept"] = "application/json"
    if "file" in example.entry:
        example.headers["Content-Type"] = example.entry["file"]["type"]
        return example.but(content=b"its file")
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        example.headers["Content-Type"] = media_type
        example = example.but(json=content.get("example"))
    return example
