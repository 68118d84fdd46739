"""The faults of a request's shape as `errors` of the problem `validation`: those of our rules, Pydantic and FastAPI."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from fastapi.exceptions import RequestValidationError

from app.domain.errors import Fault, Invalid
from app.domain.organisations.organisations import Language
from app.texts.problems import field_error_of

MOST_FAULTS = 100
"""At most so many are reported at once: a body of two megabytes has room for a hundred thousand."""

LONGEST_NAME = 100
"""In characters. What is not known may have a name of megabytes."""

_QUOTED = re.compile(r"'([^']*)'")


def is_malformed_json(error: RequestValidationError) -> bool:
    return any(fault["type"] == "json_invalid" for fault in error.errors())


def errors_of_rules(refusal: Invalid, language: Language) -> list[dict[str, str | int]]:
    return [
        {
            **_place_of(fault),
            "code": fault.code,
            "detail": field_error_of(fault.code, fault.facts, language),
        }
        for fault in refusal.faults[:MOST_FAULTS]
    ]


def _place_of(fault: Fault) -> dict[str, str | int]:
    if fault.row is not None:
        return {"row": fault.row, **({"column": fault.column} if fault.column else {})}
    return {"parameter": fault.parameter} if fault.parameter else {"pointer": fault.pointer}


def errors_of_shape(
    error: RequestValidationError, parameter_faults: Mapping[str, str], language: Language
) -> list[dict[str, str]]:
    """The faults found by Pydantic and FastAPI, then the codes by parameter that FastAPI does not look for."""
    errors = [_error_of_shape(fault, language) for fault in error.errors()[:MOST_FAULTS]]
    found = {one.get("parameter") for one in errors}
    others = ((name, code) for name, code in parameter_faults.items() if name not in found)
    errors += [
        {"parameter": name[:LONGEST_NAME], "code": code, "detail": field_error_of(code, {}, language)}
        for name, code in islice(others, MOST_FAULTS - len(errors))
    ]
    return errors


def _error_of_shape(fault: Mapping[str, Any], language: Language) -> dict[str, str]:
    place, *rest = fault["loc"]
    code = fault["type"].replace("_", "-")
    if rest[-1:] == ["[key]"] and code != "extra-forbidden":
        # Pydantic's mark of a fault in the name of a field. The field's own place is before it.
        rest.pop()
    facts = {name: _values_of(fact) if name == "expected" else fact for name, fact in (fault.get("ctx") or {}).items()}
    detail = field_error_of(code, facts, language)
    parameter = str(rest[0] if rest else place)[:LONGEST_NAME]
    where = {"pointer": pointer_of(rest)} if place == "body" else {"parameter": parameter}
    return {**where, "code": code, "detail": detail}


def _values_of(expected: object) -> object:
    """The values of Pydantic's English phrase for `expected`, “'a', 'b' or 'c'”."""
    return _QUOTED.findall(str(expected)) or expected


def pointer_of(location: Sequence[str | int]) -> str:
    return "".join("/" + str(part)[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for part in location)
