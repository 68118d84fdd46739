"""Lists as CSV (RFC 4180), by `Accept`: all that match, from one snapshot, sent as they are read."""

import asyncio
import csv
import io
import re
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from fastapi import Query, Request
from pydantic import TypeAdapter
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.media_types import accepted
from app.api.requests import JSON
from app.api.responses import CSV
from app.db.paging import Slice
from app.db.sessions import Reader
from app.domain.calendar.deadlines import day_of
from app.domain.values import WORDS

MEDIA_TYPE = f"{CSV}; charset=utf-8; header=present"
ONLY_IN_PAGES = frozenset({"limit", "cursor", "include"})
"""Query parameters that a CSV refuses, because it has all items."""
ROWS_AT_ONCE = 1000
LONGEST_SECONDS = 600
"""From the request to the last row. PostgreSQL keeps what others delete as long as a snapshot lasts."""
BYTE_ORDER_MARK = "\ufeff"
_FORMULA = re.compile(r"(?:\A|[\r\n,;])[=+\-@\t\r]")
"""What a spreadsheet takes for a formula, also one that ends cells at the other separator or at a line break."""

Path = tuple[str, ...]


def asks_for_csv(request: Request) -> bool:
    return accepted(request.headers, JSON, CSV) == CSV


@dataclass(frozen=True)
class Form:
    """How a CSV is written."""

    bom: bool = False
    separator: Literal["comma", "semicolon"] = "comma"


async def csv_form(
    request: Request,
    bom: Annotated[
        bool, Query(description="Whether the CSV begins with a byte order mark, by which spreadsheets know UTF-8.")
    ] = False,
    separator: Annotated[
        Literal["comma", "semicolon"],
        Query(description="Separator in the CSV. Spreadsheets in Finnish and Swedish expect `semicolon`."),
    ] = "comma",
) -> None:
    request.state.csv_form = Form(bom, separator)


class Table:
    """Items of one class as rows, with a column for each of their fields that is no list, or a list of words."""

    def __init__(self, row: type) -> None:
        self._paths = list(_paths_of(row))
        self._adapter: TypeAdapter[list[Any]] = TypeAdapter(list[row])  # type: ignore[valid-type]  # A class.

    @property
    def columns(self) -> list[str]:
        return [".".join(path) for path in self._paths]

    def rows_of(self, items: Sequence[object]) -> Iterator[list[object]]:
        """The cells as JSON has them, and empty for null."""
        for shown in self._adapter.dump_python(list(items), mode="json", by_alias=True):
            yield [_cell(shown, path) for path in self._paths]


@cache
def table_of(row: type) -> Table:
    return Table(row)


def _paths_of(row: type) -> Iterator[Path]:
    hints = get_type_hints(row)
    for field in fields(row):
        name = field.metadata.get("serialization_alias", field.name)
        hint = hints[field.name]
        if get_origin(hint) is UnionType:
            [hint] = [kind for kind in get_args(hint) if kind is not NoneType]
        if is_dataclass(hint):
            yield from ((name, *path) for path in _paths_of(hint))  # type: ignore[arg-type]  # A class, by its hint.
        elif get_origin(hint) is not list or field.metadata.get(WORDS):
            yield (name,)


def _cell(shown: Mapping[str, Any], path: Path) -> object:
    value: Any = shown
    for name in path:
        value = value and value[name]
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.search(value) else value
    return str(value).lower() if isinstance(value, bool) else value


class CsvResponse(StreamingResponse):
    """A CSV that leaves part by part; the next is read when the caller has taken the one before.

    The first is read before the response begins, so that what is refused is a problem. What fails later ends the
    connection before the last chunk, so that nobody takes a part for the file (RFC 9112 §8).
    """

    def __init__(
        self,
        request: Request,
        reader: Reader,
        opened: AbstractAsyncContextManager[Slice[Any]],
        row: type,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__((), headers=headers, media_type=MEDIA_TYPE)
        self._name = request.scope["path"].rpartition("/")[2]
        self._form: Form = getattr(request.state, "csv_form", Form())
        self._reader, self._opened, self._row = reader, opened, row

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(scope, send))
        hanging_up = asyncio.ensure_future(_hung_up(receive))
        try:
            await asyncio.wait((sending, hanging_up), timeout=LONGEST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():  # The client has hung up, or is too slow and is treated as if it had.
                raise ClientDisconnect
            sending.result()
        finally:
            sending.cancel()
            hanging_up.cancel()
            await asyncio.gather(sending, hanging_up, return_exceptions=True)

    async def _send(self, scope: Scope, send: Send) -> None:
        async with self._opened as shown, aclosing(_parts_of(shown)) as parts:
            first: list[Any] = await anext(parts, [])
            self.headers["Content-Disposition"] = f'attachment; filename="{self._name}-{day_of(self._reader.now)}.csv"'
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if not scope.get("is_head"):
                table = table_of(shown.row or self._row)
                mark = BYTE_ORDER_MARK if self._form.bom else ""
                await _send_text(send, mark + self._text_of([table.columns, *table.rows_of(first)]))
                async for part in parts:
                    await _send_text(send, self._text_of(table.rows_of(part)))
        await send({"type": "http.response.body"})

    def _text_of(self, rows: Iterable[Sequence[object]]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=";" if self._form.separator == "semicolon" else ",").writerows(rows)
        return text.getvalue()


def _parts_of(shown: Slice[Any]) -> AsyncGenerator[list[Any], None]:
    if shown.parts is None:
        raise TypeError("the list returns a page where all items are asked for")
    return shown.parts


async def _send_text(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
