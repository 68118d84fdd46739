"""How the document and the Markdown files are written: whole phrases, and none of the words that were given up."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.organisations.organisations import Language
from tests import document as documented
from tests.openapi.test_document import operations
from tests.texts.test_texts import FORBIDDEN

ROOT = Path(__file__).parents[2]
VERBS = (
    "Accept|Add|Adopt|Apply|Approve|Archive|Assign|Cancel|Change|Close|Compare|Confirm|Copy|Create|Decide|Decline|End|Endorse|Erase|Find|Get|Grant|Import|Include|List|Merge|Open"
    "|Preview|Propose|Publish|Read|Refresh|Register|Reject|Remove|Request|Retire|Return|Reset|Reverse|Revoke|Rotate|Send|Set|Sign|Simulate|Start|Submit"
    "|Upload|Verify|Withdraw"
    "|Activate|Archive|Hand over|Screen|Claim|Correct|Record|Share"
)
FRAGMENT = re.compile(
    r"(Of|By|To|As|At|In|From|With|For|Null|The same|Where|Who|Whom|Whose|What|Which|Why|How|It)\b|[^A-Z`\d]|$"
)
OF_AN_API = r"\brefuse|(?<!study )\bcentre\b|\bstaff\s+named\s+for\b"
"""Words that have others in the document: reject, central organisation, staff named to see participants."""
MARKDOWN: dict[str, Language] = {
    str(path.relative_to(ROOT)): "fi" if path.name.endswith(".fi.md") else "en"
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")])
}


def described() -> Iterator[tuple[str, Any]]:
    """Everything that must have a description, by its place."""
    document = documented.document()
    components = document["components"]
    for name, schema in components["schemas"].items():
        for field, value in schema.get("properties", {}).items():
            yield f"{name}.{field}", value
    yield from ((f"header {name}", header) for name, header in components["headers"].items())
    yield from ((f"response {name}", response) for name, response in components["responses"].items())
    for _, _, operation in operations():
        for parameter in operation.get("parameters", ()):
            yield f"{operation['operationId']} {parameter['name']}", parameter
        for status, response in operation["responses"].items():
            if "$ref" not in response:
                yield f"{operation['operationId']} {status}", response


def prose() -> Iterator[tuple[str, str]]:
    """Every summary and description of the document."""
    yield from ((place, value["description"]) for place, value in described())
    document = documented.document()
    yield "info", document["info"]["description"]
    yield from ((f"tag {tag['name']}", tag["description"]) for tag in document["tags"])
    yield from ((name, s["description"]) for name, s in document["components"]["schemas"].items() if "description" in s)
    for _, _, operation in operations():
        yield operation["operationId"], f"{operation['summary']}. {operation['description']}"


def given_up(text: str, words: str) -> list[str]:
    """Words of the text that are given up, code and links aside."""
    text = re.sub(r"^```.*?^```$|^ {4}.*?$|`[^`]*`|\]\([^)]*\)|<a id=[^>]*>", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.findall(words, text, re.IGNORECASE)


def test_a_summary_is_a_verb_with_its_object() -> None:
    summaries = {operation["operationId"]: operation["summary"] for _, _, operation in operations()}
    shape = re.compile(rf"({VERBS}) [^()\[\].]*[^()\[\].\s]")
    assert {name: text for name, text in summaries.items() if not shape.fullmatch(text) or len(text) > 60} == {}
    assert len(set(summaries.values())) == len(summaries)


def test_every_operation_says_who_may_call_it_in_a_line_of_its_own() -> None:
    for _, _, operation in operations():
        assert re.search(r"^\*\*Who:\*\* [^.]+\.$", operation["description"], re.MULTILINE), operation["operationId"]


def test_everything_has_a_description_that_can_be_read_alone() -> None:
    wrong = {}
    for place, value in described():
        text = value.get("description", "")
        if FRAGMENT.match(text) or not text.endswith((".", ")")):
            wrong[place] = text
    assert wrong == {}


def test_a_field_that_may_be_null_says_when_it_is() -> None:
    for place, value in described():
        schema = place.partition(".")[0]
        if {"type": "null"} in value.get("anyOf", ()) and not schema.endswith(("In", "Patch")):
            assert re.search(r"`null` (if|when|until)|Only with", value["description"]), place


@pytest.mark.parametrize("words", [FORBIDDEN["en"], OF_AN_API])
def test_the_document_has_no_word_that_was_given_up(words: str) -> None:
    assert {place: found for place, text in prose() if (found := given_up(text, words))} == {}


@pytest.mark.parametrize("file", MARKDOWN)
def test_no_markdown_file_has_a_word_that_was_given_up(file: str) -> None:
    assert given_up((ROOT / file).read_text(encoding="utf-8"), FORBIDDEN[MARKDOWN[file]]) == []
