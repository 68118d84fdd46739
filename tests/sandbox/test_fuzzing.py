"""Schemathesis over the sandbox's own operations."""

from pathlib import Path

import pytest

from tests.openapi.fuzzing import CONFIG, check_answers
from tests.sandbox import Sandbox

# A reset would disturb everything that runs meanwhile; it has tests of its own.
OPERATIONS = "^/v1/sandbox/(people|tokens|clock|mailbox)"


@pytest.mark.long
def test_no_answer_of_the_sandbox_is_outside_the_document(sandbox: Sandbox, tmp_path: Path) -> None:
    document = tmp_path / "openapi.json"
    document.write_bytes(sandbox.client.get("/openapi.json").content)
    try:
        only = f"--include-path-regex={OPERATIONS}"
        check_answers(sandbox.address, document, CONFIG, only, short="--max-examples=5")
    finally:
        sandbox.reset()
