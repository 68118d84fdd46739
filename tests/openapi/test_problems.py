"""The example of each code, and the types of its facts; `check_answer` compares every response to a test with them."""

import json

import pytest

from app.api.problem_facts import FACTS, OF_CODE, schema_name_of
from app.api.problems import STATUSES
from app.api.responses import CODES
from tests.document import document, members_of_problem, operations, resolved, validator_of

EXAMPLES = document()["components"]["examples"]


def test_every_response_with_codes_has_an_example_of_each_and_stands_in_the_document_once() -> None:
    met = set()
    for _, _, operation in operations():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert [*response] == ["$ref"], (operation["operationId"], status)
                documented = resolved(response)
                content = documented["content"]["application/problem+json"]
                assert [*content["examples"]] == documented[CODES]
                met |= {*documented[CODES]}
    assert met == EXAMPLES.keys()


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_is_of_its_code_and_of_its_types(code: str) -> None:
    value = EXAMPLES[code]["value"]
    schema = {"$ref": f"#/components/schemas/{schema_name_of(code)}"}
    assert [str(fault) for fault in validator_of(json.dumps(schema)).iter_errors(value)] == []
    assert (value["code"], value["status"], value["type"]) == (code, STATUSES[code], f"/problems/{code}")
    assert value.keys() <= members_of_problem(code)
    assert "{" not in value["detail"]
    named = OF_CODE.get(code, ())
    # Facts of these are only of some refusals.
    assert not named or value.keys() & {*named} or code in ("not-found", "validation"), "an example without any fact"


def test_every_fact_is_of_a_code() -> None:
    assert OF_CODE.keys() <= STATUSES.keys()
    assert {fact for facts in OF_CODE.values() for fact in facts} == FACTS.keys()
