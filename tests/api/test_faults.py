"""Every fault of a request's shape has its own text, whichever check finds it."""

import ast
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.api.faults import errors_of_shape
from app.domain.organisations.organisations import Language
from app.texts.rendering import texts_of

APP = Path(__file__).parents[2] / "app"
FAULTS = texts_of("problems", "fi").tables["faults"].keys()
SOME_ID = UUID("01890000-0000-7000-8000-000000000001")


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    hours: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]


HOSTILE: list[object] = [
    None, True, 0, -1, 1.5, 10**12, 10**400, float("nan"), float("inf"), "", "a" * 300, "\ud800", "9" * 5000,
    [], [1] * 300, {}, {"hours": 1, "more": 1}, {"hours": "1"},
    "2023-02-30", "2023-01-01T10:00:00", "2023-01-01T00:00:00+99:99",
    "99999999999999999999", {1: 2}, SOME_ID,
]  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    [
        int,
        Annotated[int, Field(strict=True, gt=0, lt=9)],
        Annotated[str, Field(min_length=1, max_length=200, pattern="^[0-9]+$")],
        Annotated[list[int], Field(min_length=1, max_length=200)],
        bool,
        UUID,
        date,
        AwareDatetime,
        Literal["central", "district"],
        Line,
        Line | None,
        dict[str, int],
        None,
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_every_fault_that_pydantic_finds_in_our_kinds_of_input_has_its_own_text(kind: Any, strict: bool) -> None:
    found: list[dict[str, Any]] = []
    for value in HOSTILE:
        try:
            TypeAdapter(kind).validate_python(value, strict=strict)
        except ValidationError as refused:
            found += ({**fault, "loc": ("body", *fault["loc"])} for fault in refused.errors())
    assert {fault["type"].replace("_", "-") for fault in found} <= FAULTS
    for fault in found:
        [error] = errors_of_shape(RequestValidationError([fault]), {}, "fi")
        assert " or " not in error["detail"], "Pydantic's English is not passed on."


def test_every_fault_that_our_own_code_finds_has_its_text() -> None:
    places_of_the_code = {"Fault": 1, "PydanticCustomError": 0, "Form": 0}
    found = {
        str(code.value)
        for path in APP.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in places_of_the_code
        for code in call.args[places_of_the_code[call.func.id] :][:1]
        if isinstance(code, ast.Constant)
    }
    assert found
    assert found <= FAULTS


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("fi", "Arvo ei kelpaa. Sallitut arvot: draft, submitted ja decided."),
        ("sv", "Värdet är inte tillåtet. Tillåtna värden: draft, submitted och decided."),
    ],
)
def test_allowed_values_are_listed_as_they_are_sent(language: Language, detail: str) -> None:
    fault = {
        "type": "literal_error",
        "loc": ("query", "state"),
        "ctx": {"expected": "'draft', 'submitted' or 'decided'"},
    }
    error = {"parameter": "state", "code": "literal-error", "detail": detail}
    assert errors_of_shape(RequestValidationError([fault]), {}, language) == [error]


def test_codes_that_fastapi_does_not_check_are_reported_once_per_parameter() -> None:
    fault = {"type": "missing", "loc": ("query", "year")}
    errors = errors_of_shape(RequestValidationError([fault]), {"year": "repeated", "yaer": "extra-forbidden"}, "en")
    assert errors == [
        {"parameter": "year", "code": "missing", "detail": "A required field is missing."},
        {
            "parameter": "yaer",
            "code": "extra-forbidden",
            "detail": "The field is unknown or cannot be set. Remove it.",
        },
    ]
