"""Every operation's example, sent as it is against fresh demo data, in the document's order."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.api.examples import EXAMPLES, examples
from app.embedded_postgres import Addresses
from tests.sandbox import Sandbox, serving_sandbox


@pytest.fixture(scope="module")
def fresh_sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with serving_sandbox(postgres_cluster) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def operations(fresh_sandbox: Sandbox) -> list[tuple[str, str, dict[str, Any]]]:
    document = fresh_sandbox.client.get("/openapi.json").json()
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def file_of(sandbox: Sandbox, told: dict[str, Any]) -> bytes:
    """The file beside the examples, or what the sandbox answers to a request of those without a token."""
    if "path" in told:
        return (EXAMPLES.parent / str(told["path"])).read_bytes()
    answer = sandbox.client.post(told["answer_of"], json=told["to"])
    assert answer.is_success, answer.text
    return answer.content


def test_every_example_can_be_sent_as_it_is_in_the_order_shown(
    fresh_sandbox: Sandbox, operations: list[tuple[str, str, dict[str, Any]]]
) -> None:
    refused = []
    for method, path, operation in operations:
        example = examples().get(operation["operationId"], {})
        headers: dict[str, str] = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        query: dict[str, Any] = {}
        for parameter in operation.get("parameters", []):
            if "example" not in parameter:
                assert not parameter["required"], f"{operation['operationId']}: {parameter['name']}"
            elif parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
            elif parameter["in"] == "query":
                query[parameter["name"]] = parameter["example"]
            else:
                headers[parameter["name"]] = parameter["example"]
        client = fresh_sandbox.client
        if "at" in example:
            who = {"email": example["as"]} if "as" in example else {"subject": example["as_subject"]}
            client = fresh_sandbox.person(**who).client
            fresh_sandbox.clock(example["at"])
            [named] = who.values()
            assert f" `{named}`, with the sandbox's clock at `{example['at']}`" in operation["description"]
        body = None
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            headers["Content-Type"] = media_type
            body = content.get("example")
        file = None
        if "file" in example:
            headers["Content-Type"] = example["file"]["type"]
            file = file_of(fresh_sandbox, example["file"])
        answer = client.request(method, path, params=query, headers=headers, json=body, content=file)
        if not answer.is_success:
            refused.append(f"{operation['operationId']}: {answer.status_code} {answer.text}")
        elif "as" in example and operation["operationId"].startswith("list_"):
            assert answer.json()["items"], f"{operation['operationId']} shows nothing"
    assert not refused, "\n".join(refused)


def test_every_example_is_an_operations(operations: list[tuple[str, str, dict[str, Any]]]) -> None:
    assert set(examples()) <= {operation["operationId"] for _, _, operation in operations}
