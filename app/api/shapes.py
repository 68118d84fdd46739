"""The shapes of requests, shared by all bodies: strict types, no unknown fields, bounded texts."""

import re
import unicodedata
from collections.abc import Set
from contextvars import ContextVar
from datetime import date
from functools import cached_property
from itertools import islice
from math import isfinite
from typing import Annotated, Any, Literal, LiteralString, TypeVar
from uuid import UUID

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
    Strict,
    StringConstraints,
    model_validator,
)
from pydantic.types import StrictBool
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema
from starlette.datastructures import Headers

from app.api.docstrings import add_descriptions
from app.api.problems import MalformedRequest
from app.delivery.addresses import is_reachable
from app.domain.errors import Stale
from app.domain.hours.ledger import HourType
from app.domain.versions import Versions, accepts

LARGEST_HOURS = 10_000_000


# Unicode categories: control and format characters, among them those that turn the direction of writing, halves of
# surrogate pairs, private characters, and separators of lines and paragraphs.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Unassigned characters are let through, because new emoji are among them for an older Python; but not those that
# never become characters, or stay invisible if they do.
_NEVER_SEEN = re.compile("[\u2065\ufdd0-\ufdef\ufff0-\ufff8\U000e0000-\U000e0fff]")
# Letters and a symbol by category, yet blank: fillers of Hangul, and a Braille pattern without dots.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# What programs write into texts unseen: places to break a word or not to, and the mark at the start of a file.
_DROPPED = str.maketrans("", "", "\u00ad\u200b\u2060\ufeff")
# Joiners belong between the parts of an emoji and the letters of some scripts; elsewhere they are dropped too.
_JOINERS = "\u200c\u200d"
_JOINER = re.compile(f"[{_JOINERS}]")
_HIDDEN = re.compile("[\u00ad\u200b\u2060\ufeff\u200c\u200d]")
"""Both of them. In most texts there are none, and a search finds that out sooner than a translation."""
_NO_JOINERS = ("LATIN", "GREEK", "CYRILLIC", "DIGIT")
# The flags of parts of countries, such as Scotland's: a black flag and letters that are not seen.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]+\U000e007f")


def _joins(text: str, place: int) -> bool:
    """Whether the characters on both sides are ones that a joiner may join."""
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return (
        len(around) == 2
        and all(unicodedata.category(one)[0] in "LMSC" for one in around)
        and not any(unicodedata.name(one, "").startswith(_NO_JOINERS) for one in around)
    )


def _without_hidden(text: object) -> object:
    """Remove the invisible characters that programs add, without harm to what is read."""
    if not isinstance(text, str) or text.isascii() or not _HIDDEN.search(text):
        return text
    text = text.translate(_DROPPED)
    return _JOINER.sub(lambda joiner: joiner[0] if _joins(joiner.string, joiner.start()) else "", text)


def _at_most(most: int) -> Any:
    """Count a text as it is sent, with the spaces around it, which the schema counts too."""

    def check(text: object) -> object:
        if isinstance(text, str) and len(text) > most:
            raise PydanticKnownError("string_too_long", {"max_length": most})
        return text

    return BeforeValidator(check)


def _printable(text: str, allowed: str = "") -> str:
    """`allowed` are the unseen characters that may be there all the same."""
    # Most texts end here. Among the printable ones are selectors of variants, which are not seen.
    if text.isprintable() and (text.isascii() or max(text) < "\U000e0000"):
        return text
    for character in _FLAG.sub("", text):
        is_unseen = unicodedata.category(character) in _UNSEEN or ord(character) & 0xFFFE == 0xFFFE
        if (is_unseen or _NEVER_SEEN.match(character)) and character not in allowed:
            raise PydanticCustomError(
                "not-printable", "A character is not seen", {"character": f"U+{ord(character):04X}"}
            )
    return text


def _visible(text: str) -> str:
    if text[:1].isascii() and text[:1].isalnum():
        return text
    # An unassigned character that got this far may be a new emoji.
    if not any(unicodedata.category(one).startswith(("L", "N", "P", "S", "Cn")) and one not in _BLANK for one in text):
        raise PydanticCustomError("not-printable", "Nothing in the text is seen")
    return text


def _whole(value: object) -> object:
    """Accept `10.0` and `1e1`, which are integers to JSON Schema. Say what is wrong with anything else."""
    if isinstance(value, float):
        if not isfinite(value):
            raise PydanticCustomError("finite-number", "The number is not finite")
        if not value.is_integer():
            raise PydanticCustomError("int-from-float", "The number has decimals")
        return int(value)
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise PydanticCustomError("number-type", "The value is not a number")
    return value


def _ids_once(value: object) -> object:
    """An ID may be written in several ways, and a row is named once."""
    if isinstance(value, dict):
        seen: set[str] = set()
        for name in value:
            written = re.sub("[-{}]|urn:uuid:", "", str(name).lower())
            if written in seen:
                raise PydanticCustomError("duplicate-item", "An ID is named twice")
            seen.add(written)
    return value


def _reachable(address: str) -> str:
    if not is_reachable(address):
        raise PydanticCustomError("email-unreachable", "No email can reach the address")
    return address


def _not_zero(hours: int) -> int:
    if hours == 0:
        raise PydanticCustomError("not-zero", "The number must not be 0")
    return hours


def _day_text(value: object) -> object:
    """Accept only `YYYY-MM-DD`: Pydantic's own parsing of days takes numbers too."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise PydanticCustomError("date-parsing", "A day is written YYYY-MM-DD")
    return value


_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)


def _instant_text(value: object) -> object:
    """A missing offset is let through: the type itself reports it, in words of its own."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("datetime-parsing", "An instant is written as in RFC 3339, with its offset")
    return value


_INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)


def _digits(value: object) -> object:
    """Pydantic's own parsing of numbers takes `2023.0`, `2_023` and `02023` too; one year has one path."""
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise PydanticCustomError("int-parsing", "A number is written in digits")
    return value


WHOLE = BeforeValidator(_whole)
"""For an integer of a body: last, after the bounds of the number, which would otherwise be missing in its schema."""


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

    @cached_property
    def _right(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"pattern": self.pattern}

    def _check(self, text: str) -> str:
        if not self._right.fullmatch(_printable(text)):
            raise PydanticCustomError(self.code, "The text is not of the right form")
        return text


MOST_UNKNOWN = 100
unknown_left: ContextVar[list[int] | None] = ContextVar("unknown_left", default=None)
"""How many unknown fields of the request may still be reported, however many objects they are in."""


def with_few_unknown(value: Any, known: Set[str]) -> Any:
    """Drop the unknown fields that would not be reported: Pydantic would make a fault of each, of a kilobyte."""
    if not isinstance(value, dict) or len(value) <= len(known):
        return value
    left = unknown_left.get() or [MOST_UNKNOWN]
    reported = list(islice((name for name in value if name not in known), left[0]))
    left[0] -= len(reported)
    return {name: value[name] for name in (*(known & value.keys()), *reported)}


class Body(BaseModel):
    """A JSON body: unknown fields are refused, attribute docstrings describe fields."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=add_descriptions)

    @model_validator(mode="before")
    @classmethod
    def _few_unknown(cls, value: Any) -> Any:
        return with_few_unknown(value, cls.model_fields.keys())

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
Year = Annotated[int, Strict(), Field(ge=2000, le=2100), WHOLE]
IN_DIGITS = BeforeValidator(_digits)
"""For the numbers of paths and queries."""
YearPath = Annotated[int, Path(ge=2000, le=2100), IN_DIGITS]
OfType = Annotated[
    HourType, Query(description="Type of the hours: of training courses or of peer groups, which are never mixed.")
]
Value = TypeVar("Value")
ByRow = Annotated[dict[UUID, Value], Field(max_length=5_000), BeforeValidator(_ids_once)]
"""Members by the IDs of rows."""
SEVERAL = Query(max_length=100)
Several = Annotated[list[Value] | None, SEVERAL]
"""A filter of a list that may be given several times: an item has any of the values."""
EventName = Annotated[str, Field(pattern=r"^[a-z-]+\.[a-z-]+$", max_length=100)]
"""For example `hour-proposal.submitted`."""
IS_REFERENCE = r"^[0-9]{4}-[0-9]{4,12}$"
ReferencePath = Annotated[str, Path(pattern=IS_REFERENCE)]
References = Several[Annotated[str, Field(pattern=IS_REFERENCE)]]
"""For example `2024-0123`."""
Years = Several[Annotated[int, Field(ge=2000, le=2100), IN_DIGITS]]
SomeHours = Annotated[
    int, Strict(), Field(ge=1, le=LARGEST_HOURS, description="Number of teaching hours (45 minutes)."), WHOLE
]
AnyHours = Annotated[
    int, Strict(), Field(ge=0, le=LARGEST_HOURS, description="Number of teaching hours (45 minutes). 0 is none."), WHOLE
]
SignedHours = Annotated[
    int,
    Strict(),
    Field(
        ge=-LARGEST_HOURS,
        le=LARGEST_HOURS,
        description="Number of teaching hours (45 minutes), above or below 0.",
    ),
    InSchema(**{"not": {"const": 0}}),
    AfterValidator(_not_zero),
    WHOLE,
]
SignedOrNoHours = Annotated[
    int,
    Strict(),
    Field(ge=-LARGEST_HOURS, le=LARGEST_HOURS, description="Number of teaching hours (45 minutes). 0 is none."),
    WHOLE,
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(lambda text: _visible(_printable(text, _JOINERS))),
    InSchema(pattern=r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"),
    BeforeValidator(_without_hidden),
    _at_most(200),
]
"""A name or a short text of one line."""
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(lambda text: _visible(_printable(text, f"\n\t\r{_JOINERS}"))),
    InSchema(pattern=r"^[^\x00]*[^\s\x00-\x1f\x7f-\x9f][^\x00]*$"),
    BeforeValidator(_without_hidden),
    _at_most(4000),
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
    AfterValidator(_reachable),
]
"""An email address, wherever one is entered. It is kept as it is written."""
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    Form("phone-format", r"^[+(]?[0-9][0-9() /.-]{2,28}[0-9]$"),
]
_PRINTABLE = {"pattern": r"^[^\x00-\x1f\x7f-\x9f]*$"}
SearchText = Annotated[
    str | None,
    Query(max_length=200, json_schema_extra=_PRINTABLE),
    BeforeValidator(_without_hidden),
    AfterValidator(lambda text: text and _printable(text, _JOINERS)),
]
NameSearch = Annotated[
    str,
    Query(min_length=1, max_length=100, description="Words of the name, in any order.", json_schema_extra=_PRINTABLE),
    BeforeValidator(_without_hidden),
    AfterValidator(lambda text: _printable(text, _JOINERS)),
]
ChangedSince = Annotated[
    Instant | None,
    Query(
        description="Only items that were created or changed at this time or later, in real time, whatever a sandbox's "
        "clock shows. What an item shows of others, for example a name, does not count. A change that is being written "
        "may become visible later than its time: begin a minute before the time of your last request."
    ),
]


TAGS: dict[str, Any] = {"pattern": r'^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$'}
"""What the document says of `If-Match`."""
_TAG = r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"'
_TAGS = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def versions_of(headers: Headers, name: Literal["If-Match", "If-None-Match"]) -> frozenset[str] | None:
    """The entity-tags of the header (RFC 9110 §8.8.3, §13.1). Weak ones match only for `If-None-Match`.

    Raises MalformedRequest.
    """
    lines = headers.getlist(name)
    if not lines:
        return None
    tags = ", ".join(lines)
    if tags == "*":
        return frozenset(tags)
    if not _TAGS.fullmatch(tags):
        raise MalformedRequest(header=name)
    # `"*"` is a tag that nothing has.
    return frozenset(tag for weak, tag in re.findall(_TAG, tags) if tag != "*" and not (weak and name == "If-Match"))


def check_wanted(headers: Headers, tag: str) -> None:
    """Check that `If-Match` names the present version. Raise Stale, MalformedRequest."""
    if not accepts(Versions(versions_of(headers, "If-Match")), {tag}):
        raise Stale(etag=f'"{tag}"')


def is_unchanged(headers: Headers, tag: str) -> bool:
    """Whether `If-None-Match` names the present version. What is not written as HTTP has it names none."""
    try:
        return bool((versions_of(headers, "If-None-Match") or frozenset()) & {tag, "*"})
    except MalformedRequest:
        return False
