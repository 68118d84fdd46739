"""Every operation's example, sent as it is against fresh demo data: alone, and in the document's order."""

import json
import os
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.api.examples import ANSWERS, examples
from app.local.embedded_postgres import Addresses
from tests.document import operations
from tests.openapi.answers import kept
from tests.openapi.examples import Example, examples_of
from tests.sandbox import Sandbox, serving_sandbox


@pytest.fixture(scope="module")
def fresh_sandbox(postgres_cluster: Addresses) -> Iterator[Sandbox]:
    with serving_sandbox(postgres_cluster) as sandbox:
        yield sandbox


@pytest.mark.long
def test_every_example_can_be_sent_as_it_is_alone_and_in_the_order_shown(fresh_sandbox: Sandbox) -> None:
    # In one test, so that one process has the sandbox. The reset is for what a read leaves behind, such as a mail.
    check_each_alone(fresh_sandbox)
    fresh_sandbox.reset()
    check_all_in_order(fresh_sandbox)


def check_each_alone(sandbox: Sandbox) -> None:
    """Send those that change nothing, reads and dry runs of writes: a person tries one without those before it."""
    alone = [each.dry_run() for each in examples_of() if each.method == "GET" or each.has_dry_run]
    refused = []
    # A sender and a time are changed as rarely as can be.
    for _, group in groupby(sorted(alone, key=try_it_of), key=try_it_of):
        examples = list(group)
        client = examples[0].caller(sandbox)
        for example in examples:
            answer = example.whole(sandbox).send(client)
            if not answer.is_success:
                refused.append(f"{example.id}: {answer.status_code} {answer.text}")
    assert not refused, "\n".join(refused)


def try_it_of(example: Example) -> str:
    return json.dumps(example.operation.get("x-try-it", {}))


def check_all_in_order(sandbox: Sandbox) -> None:
    refused, lost = [], set()
    answers = {}
    for example in examples_of():
        if "at" in example.entry:
            named = (
                "new API key, " if "as_key" in example.entry else "".join(f"`{who}`, " for who in example.who.values())
            )
            hint = f" {named}with the sandbox's clock set to `{example.entry['at']}`"
            assert hint in example.operation["description"]
            sender = {"key_of": examples()["defaults"]["as"]} if "as_key" in example.entry else example.who
            assert example.operation["x-try-it"] == {"at": example.entry["at"]} | ({"as": sender} if sender else {})
        answer = example.whole(sandbox).send(example.caller(sandbox))
        if not answer.is_success:
            refused.append(f"{example.id}: {answer.status_code} {answer.text}")
            continue
        if answer.status_code == 201:
            lost |= {example.id} if located(answer) != ("Location" in documented(example)) else set()
        if answer.headers.get("Content-Type") == "application/json":
            answers[example.id] = kept(answer.json())
        if "as" in example.entry and example.id.startswith("list_"):
            assert answer.json()["items"], f"{example.id} shows nothing"
    assert not refused, "\n".join(refused)
    assert not lost, f"Another `Location` than documented: {sorted(lost)}"
    if "WRITE_ANSWERS" in os.environ:
        ANSWERS.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    stored = json.loads(ANSWERS.read_text(encoding="utf-8"))
    others = sorted(
        name for name in answers.keys() | stored.keys() if shape(answers.get(name)) != shape(stored.get(name))
    )
    assert not others, f"run `make answers`: {sorted(others)}"


def documented(example: Example) -> dict[str, Any]:
    headers: dict[str, Any] = example.operation["responses"]["201"]["headers"]
    return headers


def located(created: httpx.Response) -> bool:
    """Whether the response says where an operation gets what was created."""
    path = urlsplit(created.headers.get("Location", "")).path
    return any(method == "GET" and pattern.fullmatch(path) for pattern, method, _ in operations())


def shape(value: Any) -> Any:
    """The names of members and the kinds of their values."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def test_every_operation_says_when_to_try_it() -> None:
    assert not [
        operation["operationId"]
        for _, _, operation in operations()
        if operation["tags"] != ["Sandbox"]
        and f"clock set to `{operation.get('x-try-it', {}).get('at')}`." not in operation["description"]
    ]


def test_every_example_belongs_to_an_operation() -> None:
    assert set(examples()) - {"defaults"} <= {operation["operationId"] for _, _, operation in operations()}


def test_no_example_asks_for_a_time_that_is_still_to_come() -> None:
    asked = {
        operation["operationId"]: (each["example"], operation["x-try-it"]["at"])
        for _, _, operation in operations()
        for each in operation.get("parameters", [])
        if each["name"] == "at" and "example" in each
    }
    assert asked
    for name, (at, clock) in asked.items():
        assert datetime.fromisoformat(at) < datetime.fromisoformat(clock), name
