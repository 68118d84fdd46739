"""The shapes of requests, shared by all bodies: strict types, no unknown fields, bounded texts."""

import re
import unicodedata
from datetime import date
from itertools import islice
from typing import Annotated, Any, LiteralString

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.types import StrictBool, StrictInt
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.domain.versions import Versions

LARGEST_HOURS = 10_000_000


# Unicode categories: control and format characters, among them those that turn the direction of writing, halves of
# surrogate pairs, private or unassigned characters, and separators of lines and paragraphs.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and a symbol by category, yet blank: fillers of Hangul, and a Braille pattern without dots.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def _printable(text: str, breaks: str = "") -> str:
    """`breaks` are the control characters that are allowed all the same."""
    for character in text:
        if unicodedata.category(character) in _UNSEEN and character not in breaks:
            raise PydanticCustomError(
                "not_printable", "A character is not seen", {"character": f"U+{ord(character):04X}"}
            )
    return text


def _visible(text: str) -> str:
    if not any(unicodedata.category(character)[0] in "LNPS" and character not in _BLANK for character in text):
        raise PydanticCustomError("not_printable", "Nothing in the text is seen")
    return text


def _not_zero(hours: int) -> int:
    if hours == 0:
        raise PydanticCustomError("not_zero", "The number must not be 0")
    return hours


def _day_text(value: object) -> object:
    """Accept only `YYYY-MM-DD`: Pydantic's own parsing of days takes numbers too."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise PydanticCustomError("date_parsing", "A day is written YYYY-MM-DD")
    return value


_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)


def _instant_text(value: object) -> object:
    """A missing offset is let through: the type itself reports it, in words of its own."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("datetime_parsing", "An instant is written as in RFC 3339, with its offset")
    return value


def _digits(value: object) -> object:
    """Pydantic's own parsing of numbers takes `2023.0`, `2_023` and `02023` too; one year has one path."""
    if isinstance(value, str) and not re.fullmatch(r"-?(0|[1-9]\d*)", value, re.ASCII):
        raise PydanticCustomError("int_parsing", "A number is written in digits")
    return value


class InSchema:
    """Adds keywords to a type's JSON schema that describe a check of our own."""

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | self.keywords


class Form:
    """Checks a text against a pattern, and reports a fault of the form's own that shows the right form."""

    def __init__(self, code: LiteralString, pattern: str) -> None:
        self.code, self.pattern = code, pattern

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"pattern": self.pattern}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, _printable(text)):
            raise PydanticCustomError(self.code, "The text is not of the right form")
        return text


class Body(BaseModel):
    """A JSON body: unknown fields are refused, attribute docstrings describe fields."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _few_unknown(cls, value: Any) -> Any:
        """Of very many unknown fields only a hundred are reported: Pydantic would make a fault of each."""
        if not isinstance(value, dict) or len(value) <= len(cls.model_fields) + 100:
            return value
        unknown = (name for name in value if name not in cls.model_fields)
        return {name: value[name] for name in (*(cls.model_fields.keys() & value.keys()), *islice(unknown, 100))}

    def given(self, *, exclude: set[str] | None = None) -> Any:
        """The fields that the request names, as a typed dictionary of changes."""
        return self.model_dump(exclude_unset=True, exclude=exclude)


class Nothing(Body):
    """An empty body."""


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


UNSAID: Any = Field(default=None, json_schema_extra=_without_default)
"""The default of an optional field, also if it may not be null; read the body with `given`."""
Flag = StrictBool
Day = Annotated[date, BeforeValidator(_day_text)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant_text)]
Year = Annotated[StrictInt, Field(ge=2000, le=2100)]
IN_DIGITS = BeforeValidator(_digits)
"""For the numbers of paths and queries."""
YearPath = Annotated[int, Path(ge=2000, le=2100), IN_DIGITS]
YearQuery = Annotated[int | None, Query(ge=2000, le=2100), IN_DIGITS]
SomeHours = Annotated[StrictInt, Field(ge=1, le=LARGEST_HOURS, description="Number of teaching hours (45 minutes).")]
AnyHours = Annotated[
    StrictInt, Field(ge=0, le=LARGEST_HOURS, description="Number of teaching hours (45 minutes). 0 is none.")
]
SignedHours = Annotated[
    StrictInt,
    Field(
        ge=-LARGEST_HOURS,
        le=LARGEST_HOURS,
        description="Number of teaching hours (45 minutes), above or below 0.",
    ),
    InSchema(**{"not": {"const": 0}}),
    AfterValidator(_not_zero),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
    AfterValidator(_visible),
    InSchema(pattern=r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
]
"""A name or a short text of one line."""
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(lambda text: _visible(_printable(text, breaks="\n\t\r"))),
    InSchema(pattern=r"^[^\x00]*[^\s\x00-\x1f\x7f-\x9f][^\x00]*$"),
]
"""Grounds, reasons, notes."""
# Characters that the head of a mail could read as more than one address, or as something else, are not allowed.
_OUTSIDE = r'\s@.,;:<>()\[\]"\\?\x00-\x1f\x7f-\x9f'
_ATOM = f"[^{_OUTSIDE}]+"
_LABEL = f"[^{_OUTSIDE}-]([^{_OUTSIDE}]*[^{_OUTSIDE}-])?"
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    Form("email-format", rf"^{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+$"),
]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Form("phone-format", r"^[+(]?[0-9][0-9() /.-]{2,28}[0-9]$"),
]
SearchText = Annotated[
    str | None,
    Query(max_length=200, json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}),
    AfterValidator(lambda text: text and _printable(text)),
]


def versions_of(header: str | None, *, weak: bool = False) -> Versions:
    """The tags of an `If-Match` header; for `If-None-Match` also those that a proxy has weakened (RFC 9110 §13.1)."""
    if header is None:
        return None
    tags = (tag.strip() for tag in header.split(","))
    if weak:
        tags = (tag.removeprefix("W/") for tag in tags)
    return frozenset(tag if tag == "*" else tag.strip('"') for tag in tags if not tag.startswith("W/"))
