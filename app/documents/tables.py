"""Tables from outside: a CSV, or the first sheet of a spreadsheet, as rows of texts."""

import csv
import io
import json
from collections.abc import Iterable
from itertools import islice

from app.domain.errors import Fault, Invalid
from app.limited import LimitsReached, run_limited

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SECONDS = 10
MEGABYTES = 512
MOST_COLUMNS = 100

Rows = list[tuple[int, list[str]]]
"""Rows with their numbers in the file, without those that are empty. The first is the header."""


class Unreadable(Invalid):
    """The file is no table of its type."""

    def __init__(self) -> None:
        super().__init__(Fault("", "not-a-table"))


async def read_table(content: bytes, media_type: str, *, most_rows: int) -> Rows:
    """The header and at least one row after it, at most so many. Raises Unreadable, Invalid, Overloaded."""
    rows = await _spreadsheet(content, most_rows) if media_type == XLSX else _csv(content, most_rows)
    if not rows:
        raise Unreadable
    if len(rows) == 1:
        raise Invalid(Fault("", "nothing-asked"))
    if len(rows) > most_rows + 1:
        raise Invalid(Fault("", "too-many-rows", {"most": most_rows}))
    return rows


def _csv(content: bytes, most_rows: int) -> Rows:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Unreadable from fault
    header = text.partition("\n")[0]
    separator = ";" if header.count(";") >= header.count(",") else ","
    try:
        return _first(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), most_rows)
    except csv.Error as fault:
        raise Unreadable from fault


async def _spreadsheet(content: bytes, most_rows: int) -> Rows:
    try:
        found = await run_limited(sheet_of, content, str(most_rows).encode(), seconds=SECONDS, megabytes=MEGABYTES)
    except LimitsReached as fault:
        raise Unreadable from fault
    return [(number, cells) for number, cells in json.loads(found)]


def sheet_of(content: bytes, most_rows: bytes) -> bytes:
    """The rows of the first sheet as JSON, in the limited process. A formula is the value that was last shown."""
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    # It gives the empty rows above the first cell, but not the empty columns before it.
    left = sheet.start[1] if sheet.start else 0
    cells = (([""] * left) + [_text_of(cell) for cell in row] for row in sheet.iter_rows())
    return json.dumps(_first(cells, int(most_rows))).encode()


def _text_of(cell: object) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _first(rows: Iterable[list[str]], most_rows: int) -> Rows:
    """At most one row more than allowed, by which a longer file is known."""
    filled = ((number, row) for number, row in enumerate(rows, 1) if "".join(row).strip())
    found = list(islice(filled, most_rows + 2))
    if max((len(row) for _, row in found), default=0) > MOST_COLUMNS:
        raise Unreadable
    return found
