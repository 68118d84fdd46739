"""The examples of `openapi/examples.toml` in the OpenAPI document: Swagger UI fills them in, ready to send."""

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples.toml"


ANSWERS = EXAMPLES.with_name("answers.json")


@cache
def answers() -> dict[str, Any]:
    """The responses to the examples, by operation, as a sandbox gave them: `make answers` writes them."""
    answered: dict[str, Any] = json.loads(ANSWERS.read_bytes())
    return answered


@cache
def examples() -> dict[str, dict[str, Any]]:
    """The examples by operation: `as`, `as_subject` or `as_key` (the sender), `at`, `path`, `query`, `headers`, `body`.

    `defaults` is for all operations. If the body is a file, `file` is the media type and its place beside the examples,
    or the sandbox's operation that returns it (`answer_of`), with that request (`to`).
    """
    return tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))


def example_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The operation's own example, and by default who sends it and when, if it has a caller."""
    own, defaults = examples().get(operation["operationId"], {}), examples()["defaults"]
    if not operation["security"]:
        return own
    caller = {} if {"as_subject", "as_key"} & own.keys() else {"as": defaults["as"]}
    return {"at": defaults["at"]} | caller | own


def show_example(operation: dict[str, Any]) -> None:
    example = example_of(operation)
    own, defaults = _values_of(example), _values_of(examples()["defaults"])
    for parameter in operation.get("parameters", []):
        key = parameter["in"], parameter["name"].lower()
        if key in own:
            several = parameter["schema"].get("type") == "array" and not isinstance(own[key], list)
            parameter["example"] = [own[key]] if several else own[key]
        elif parameter["required"] and key in defaults:
            parameter["example"] = defaults[key]
    if "body" in example:
        for body in operation["requestBody"]["content"].values():
            body["example"] = example["body"]
    if operation["operationId"] in answers():
        for status, response in operation["responses"].items():
            if status in {"200", "201", "202"}:
                response["content"]["application/json"]["example"] = answers()[operation["operationId"]]
    if "at" in example:
        who, sender = _sender_of(example)
        hint = f"**Try it** {who}with the sandbox's clock set to `{example['at']}`."
        operation["description"] = "\n\n".join(filter(None, [operation.get("description"), hint]))
        operation["x-try-it"] = {"at": example["at"]} | ({"as": sender} if sender else {})


def _sender_of(example: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The sender in words, and as the body of the sandbox's request for a token, or whose new API key it is."""
    if "as_key" in example:
        return "with the `key` of a new API key, ", {"key_of": examples()["defaults"]["as"]}
    if "as_subject" in example:
        return f"with a token of the subject `{example['as_subject']}`, ", {"subject": example["as_subject"]}
    if "as" in example:
        return f"as `{example['as']}`, ", {"email": example["as"]}
    return "", {}


def _values_of(example: dict[str, Any]) -> dict[tuple[str, str], Any]:
    """The values of parameters, by where they are and their names in small letters."""
    return {
        (place, name.lower()): value
        for place, member in (("path", "path"), ("query", "query"), ("header", "headers"))
        for name, value in example.get(member, {}).items()
    }
