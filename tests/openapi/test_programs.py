"""Programs of others read the document: validators, linters and generators of clients."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from openapi.__main__ import document
from tests import document as documented
from tests.node import HERE, run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document with the operations of the sandbox."""
    file = tmp_path_factory.mktemp("document") / "sandbox.json"
    file.write_text(json.dumps(documented.document()), encoding="utf-8")
    return file


def test_the_document_is_valid() -> None:
    validate(json.loads(document()))


@pytest.mark.long
def test_redocly_finds_nothing(whole: Path) -> None:
    found = run("redocly", "lint", "--config", HERE / "redocly.yaml", "--format=json", whole)
    assert json.loads(found)["problems"] == []


@pytest.mark.long
def test_spectral_finds_nothing(whole: Path) -> None:
    rules = HERE / ".spectral.yaml"
    run("spectral", "lint", "--ruleset", rules, "--fail-severity=info", whole)
