"""The examples of `openapi/examples.toml` in the OpenAPI document: Swagger UI fills them in, ready to be sent."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "openapi" / "examples.toml"


@cache
def examples() -> dict[str, dict[str, Any]]:
    """By operation: who sends it (`as`, or `as_subject`), at which instant (`at`), `path`, `query`, `headers`, `body`.

    Where the body is a file, `file` is the media type and its place beside the examples, or the sandbox's operation
    that answers it (`answer_of`), with what it is sent (`to`).
    """
    return tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))


def show_example(operation: dict[str, Any]) -> None:
    example = examples().get(operation["operationId"], {})
    values = {
        (place, name.lower()): value
        for place, member in (("path", "path"), ("query", "query"), ("header", "headers"))
        for name, value in example.get(member, {}).items()
    }
    for parameter in operation.get("parameters", []):
        key = parameter["in"], parameter["name"].lower()
        if key in values:
            parameter["example"] = values[key]
    if "body" in example:
        for body in operation["requestBody"]["content"].values():
            body["example"] = example["body"]
    if "at" in example:
        who = f"as `{example['as']}`" if "as" in example else f"with a token of the subject `{example['as_subject']}`"
        hint = f"**Try it** {who}, with the sandbox's clock set to `{example['at']}`."
        operation["description"] = "\n\n".join(filter(None, [operation.get("description"), hint]))
