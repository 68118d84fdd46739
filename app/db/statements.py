"""The one door between SQLAlchemy, which writes the SQL, and psycopg, which runs it.

Statements are compiled once, at import; a request only binds their parameters (`bindparam("p_…")`).
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Generic, TypeVar, cast

from psycopg import AsyncConnection
from psycopg.rows import args_row
from psycopg.types.json import Jsonb
from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    Executable,
    FromClause,
    Insert,
    MetaData,
    Select,
    Table,
    Uuid,
    bindparam,
    delete,
    insert,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

Row = TypeVar("Row")
Connection = AsyncConnection[Any]

metadata = MetaData()

NOW = bindparam("p_now", type_=DateTime(timezone=True))
TODAY = bindparam("p_today", type_=Date)


def study_centre_key() -> Column[Any]:
    """Every row belongs to a study centre: the connection's own, which the database fills in."""
    return Column("study_centre_id", Uuid, primary_key=True, server_default=text("own_study_centre()"))


def columns_of(row: type[Any], table: FromClause, **others: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """The columns that fill a dataclass, in the order of its fields: `others` as named, the rest from the table.

    For example `select(*columns_of(HourReturn, hour_returns, organisation_name=organisations.c.name))`. A field that
    has a default and no column keeps the default.
    """
    named: dict[str, ColumnElement[Any]] = dict(table.c.items())
    named |= {name: column.label(name) for name, column in others.items()}
    return [named[name] for name in _needed(row, named)]


def builder_of(row: type[Row], **conversions: Callable[[Any], Any]) -> Callable[..., Row]:
    """What builds the dataclass from its columns (`columns_of`) where some are converted first, each by its function.

    For example `builder_of(RegionalOffice, address=address_of)`.
    """
    names = [field.name for field in fields(row)]  # type: ignore[arg-type]  # Rows of this kind are dataclasses.
    converted = [(names.index(name), conversion) for name, conversion in conversions.items()]

    def build(*values: Any) -> Row:
        members = list(values)
        for index, conversion in converted:
            members[index] = conversion(members[index])
        return row(*members)

    return build


def _needed(row: type[Any], named: Container[str]) -> list[str]:
    """The names of the fields that are named or have no default."""
    return [
        field.name
        for field in fields(row)
        if field.name in named or (field.default is MISSING and field.default_factory is MISSING)
    ]


_dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped.


class Command:
    """A compiled statement. Literals in it become parameters with their values already set."""

    def __init__(self, statement: Executable) -> None:
        compiled = cast(ClauseElement, statement).compile(dialect=_dialect, compile_kwargs={"render_postcompile": True})
        self.sql = str(compiled)
        self.set = {name: value for name, value in compiled.params.items() if value is not None}
        self.parameters = frozenset(compiled.params)

    async def run(self, connection: Connection, **parameters: object) -> int:
        """Runs it and answers how many rows it touched."""
        return (await connection.execute(self.sql, self.set | parameters)).rowcount


class Query(Command, Generic[Row]):
    """A compiled question whose columns, in order, are the arguments of `row`."""

    def __init__(
        self, statement: Select[Any] | ReturningUpdate[Any] | ReturningDelete[Any], row: Callable[..., Row]
    ) -> None:
        super().__init__(statement)
        if is_dataclass(row):
            selected = [column.name for column in statement.exported_columns]
            if selected != _needed(row, selected):
                raise TypeError(f"{row.__name__} has {_needed(row, selected)}, the query returns {selected}")
        self._factory = args_row(row)

    async def all(self, connection: Connection, **parameters: object) -> list[Row]:
        async with connection.cursor(row_factory=self._factory) as cursor:
            await cursor.execute(self.sql, self.set | parameters)
            return await cursor.fetchall()

    async def first(self, connection: Connection, **parameters: object) -> Row | None:
        async with connection.cursor(row_factory=self._factory) as cursor:
            await cursor.execute(self.sql, self.set | parameters)
            return await cursor.fetchone()


def insertion(table: Table, columns: Iterable[str]) -> Insert:
    """The statement to insert one row; `bound` gives its parameters."""
    return insert(table).values({name: bindparam(f"p_{name}") for name in columns})


@cache
def _insertion(table: Table, columns: tuple[str, ...]) -> Command:
    return Command(insertion(table, columns))


@cache
def _change(table: Table, columns: tuple[str, ...]) -> Command:
    row = update(table).where(table.c.id == bindparam("p_id"))
    return Command(row.values({name: bindparam(f"p_{name}") for name in columns}))


def bound(table: Table, values: Mapping[str, object]) -> dict[str, object]:
    """The parameters of a statement that writes these columns."""
    return {
        f"p_{name}": Jsonb(value) if isinstance(table.c[name].type, JSONB) and value is not None else value
        for name, value in values.items()
    }


def row_of(table: Table, value: object) -> dict[str, object]:
    """The members of a value that are columns of the table."""
    return {column.name: getattr(value, column.name) for column in table.c if hasattr(value, column.name)}


async def insert_row(connection: Connection, table: Table, **values: object) -> None:
    await _insertion(table, tuple(values)).run(connection, **bound(table, values))


async def insert_rows(connection: Connection, table: Table, rows: Iterable[Mapping[str, object]]) -> None:
    """All rows name the same columns; they travel in one message."""
    listed = list(rows)
    if listed:
        command = _insertion(table, tuple(listed[0]))
        async with connection.cursor() as cursor:
            await cursor.executemany(command.sql, [command.set | bound(table, row) for row in listed])


async def change_row(connection: Connection, table: Table, row_id: object, **values: object) -> None:
    """Changes the row of that `id`."""
    await _change(table, tuple(values)).run(connection, p_id=row_id, **bound(table, values))


@cache
def _removal(table: Table) -> Command:
    return Command(delete(table).where(table.c.id == bindparam("p_id")))


async def remove_row(connection: Connection, table: Table, row_id: object) -> None:
    """Remove the row of that `id`."""
    await _removal(table).run(connection, p_id=row_id)
