"""The one door between SQLAlchemy, which writes the SQL, and psycopg, which runs it.

Statements are compiled once, at their first use; a request only binds their parameters (`bindparam("p_…")`).
"""

import re
from collections.abc import AsyncGenerator, Callable, Container, Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Generic, TypeVar, cast

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import args_row
from psycopg.types.json import Jsonb
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Executable,
    FromClause,
    Function,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    text,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import Compiled
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

Row = TypeVar("Row")
Connection = AsyncConnection[Any]

metadata = MetaData()
IS_ACTOR = re.compile(r"_by$|^actor$")
"""How fields are called that have the ID of who did something."""

NOW = bindparam("p_now", type_=DateTime(timezone=True))
TODAY = bindparam("p_today", type_=Date)
"""The time of the request and its day in Finland, from which queries compute states that follow from the clock."""
READER = bindparam("p_reader", type_=Uuid)
OVERSEEN = bindparam("p_overseen", type_=ARRAY(Uuid))
"""The caller, and the tops of the trees whose people the caller sees, or NULL for all people."""


class NameOf(Function[str]):
    """The name of a person or API key, as far as the caller may see it (rulebook §2.5; migration `names`).

    A page of a list asks for all names at once instead (`paging.py`).
    """

    inherit_cache = True

    def __init__(self, actor_id: ColumnElement[Any], overseen: ColumnElement[Any] = OVERSEEN) -> None:
        super().__init__("name_of", actor_id, READER, overseen, NOW, type_=Text)
        self.actor_id, self.overseen = actor_id, overseen


name_of = NameOf


def study_centre_table(name: str, *columns: Column[Any], single: bool = False) -> Table:
    """A table whose rows belong to a study centre: the connection's own, which the database fills in.

    A row's key is its `id`, which is added here, or the columns that are marked as the key; `single` is for a table
    that has one row of each study centre.
    """
    centre = Column("study_centre_id", Uuid, primary_key=True, server_default=text("own_study_centre()"))
    has_id = not single and not any(column.primary_key for column in columns)
    key = [Column("id", Uuid, primary_key=True)] if has_id else []
    return Table(name, metadata, centre, *key, *columns)


def changed_at() -> Column[datetime]:
    """When the row was made or changed last, in real time; the database keeps it (migration `changes`)."""
    return Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp())


def reference_column() -> Column[str]:
    """What people call the row by. The database numbers a row that is inserted without one (migration `references`)."""
    return Column("reference", Text, server_default=func.take_reference(None))


@dataclass(frozen=True)
class Converted:
    """A column whose values are converted before they become a field's."""

    column: ColumnElement[Any]
    by: Callable[[Any], Any]


class Selection(Generic[Row]):
    """A dataclass with the columns that fill it, in the order of its fields: `others` by name, the rest of the table.

    A field that is a dataclass itself has a selection of its own. For example:

        _posted = Selection(
            PostedTransfer,
            hour_transfers,
            cause=Selection(Cause, type=hour_transfers.c.cause_type, id=hour_transfers.c.cause_id),
        )
        _found = Query(select(*_posted.columns).where(...), _posted.build)

    A field that has a default and no column keeps the default. `decided_by_name` names who is in `decided_by`.
    """

    def __init__(
        self,
        row: Callable[..., Row],
        table: FromClause | None = None,
        /,
        **others: "ColumnElement[Any] | Converted | Selection[Any]",
    ) -> None:
        named: dict[str, Any] = (dict(table.c.items()) if table is not None else {}) | others
        named = _names_in(row, named) | named
        self.columns: list[ColumnElement[Any]] = []
        self._row = row
        self._parts: list[tuple[slice, Callable[..., Any]]] = []
        for name in _needed(row, named):
            self._add(name, named.pop(name))
        if unknown := others.keys() & named:
            raise TypeError(f"{row} has no {sorted(unknown)}")

    def _add(self, name: str, member: "ColumnElement[Any] | Converted | Selection[Any]") -> None:
        begin = len(self.columns)
        match member:
            case Selection():
                self.columns += [column.label(f"{name}_{column.name}") for column in member.columns]
                self._parts.append((slice(begin, len(self.columns)), member.build))
            case Converted():
                self.columns.append(member.column.label(name))
                self._parts.append((slice(begin, begin + 1), member.by))
            case _:
                self.columns.append(member.label(name))

    def build(self, *values: Any) -> Row:
        members = list(values)
        # From the last one, so that the places of those before it stay the same.
        for place, build in reversed(self._parts):
            members[place] = [build(*members[place])]
        return self._row(*members)


def from_json(column: ColumnElement[Any], row: type[Any]) -> Converted:
    """A field that is a dataclass, from a column that has its fields as JSON, or NULL."""
    return Converted(column, lambda stored: row(**stored) if stored else None)


def _itself(value: Any) -> Any:
    return value


def columns_of(row: type[Any], table: FromClause, **others: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Return the columns of a selection without parts and conversions. For example:

    select(*columns_of(HourReturn, hour_returns, organisation_name=organisations.c.name))
    """
    return Selection(row, table, **others).columns


def _names_in(row: Callable[..., Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the fields that are names of who did something."""
    actors = (field.name.removesuffix("_name") for field in fields(cast(Any, row)) if field.name.endswith("_name"))
    return {f"{name}_name": name_of(named[name]) for name in actors if name in named and IS_ACTOR.search(name)}


def _needed(row: Callable[..., Any], named: Container[str]) -> list[str]:
    """Return the names of the fields that are among `named` or have no default."""
    return [
        field.name
        for field in fields(cast(Any, row))
        if field.name in named or (field.default is MISSING and field.default_factory is MISSING)
    ]


_dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped.


class Command:
    """A statement, compiled once. Literals in it become parameters with their values already set."""

    def __init__(self, statement: Executable) -> None:
        self._statement = cast(ClauseElement, statement)

    @cached_property
    def _compiled(self) -> Compiled:
        # At its first use: compiling all of them takes a tenth of the start.
        return self._statement.compile(dialect=_dialect, compile_kwargs={"render_postcompile": True})

    @cached_property
    def sql(self) -> str:
        return str(self._compiled)

    @cached_property
    def set(self) -> dict[str, Any]:
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    @cached_property
    def parameters(self) -> frozenset[str]:
        return frozenset(self._compiled.params)

    async def run(self, connection: Connection, **parameters: object) -> int:
        """Runs it and answers how many rows it touched."""
        return (await connection.execute(self.sql, self.set | parameters)).rowcount


class Query(Command, Generic[Row]):
    """A compiled question whose columns, in order, are the arguments of `row`; without one it has a single column."""

    def __init__(
        self, statement: Select[Any] | ReturningUpdate[Any] | ReturningDelete[Any], row: Callable[..., Row] = _itself
    ) -> None:
        super().__init__(statement)
        if is_dataclass(row):
            selected = [column.name for column in statement.exported_columns]
            if selected != _needed(row, selected):
                raise TypeError(f"{row.__name__} has {_needed(row, selected)}, the query returns {selected}")
        self._factory = args_row(row)

    async def ask(self, connection: Connection, **parameters: object) -> AsyncCursor[Row]:
        """Ask, and leave the rows to the caller, who reads them after the end of a pipeline.

        Statements in a pipeline travel in one message. The database runs them one after another, and each finds what
        was committed before its own turn: a question after a lock finds what the one who had it has left. For example:

            async with connection.pipeline():
                await lock_balances(connection, year, central_id)
                asked = await query.ask(connection, p_year=year)
            rows = await asked.fetchall()
        """
        return await connection.cursor(row_factory=self._factory).execute(self.sql, self.set | parameters)

    async def all(self, connection: Connection, **parameters: object) -> list[Row]:
        return await (await self.ask(connection, **parameters)).fetchall()

    async def parts(self, connection: Connection, size: int, **parameters: object) -> AsyncGenerator[list[Row], None]:
        """All rows, so many at once as the caller takes them. The connection is in a transaction."""
        async with connection.cursor("parts", row_factory=self._factory) as cursor:
            await cursor.execute(self.sql, self.set | parameters)
            while rows := await cursor.fetchmany(size):
                yield rows

    async def first(self, connection: Connection, **parameters: object) -> Row | None:
        return await (await self.ask(connection, **parameters)).fetchone()


@cache
def _insertion(table: Table, columns: tuple[str, ...]) -> Command:
    return Command(insert(table).values({name: bindparam(f"p_{name}") for name in columns}))


def insertion(table: Table, values: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """The statement that inserts a row, and its parameters. Those of a closing statement are written into its text, so
    NULLs are left out where no default would take their place."""
    needed = {name: values[name] for name in values if values[name] is not None or table.c[name].server_default}
    command = _insertion(table, tuple(needed))
    return command.sql, command.set | bound(table, needed)


@cache
def _change(table: Table, columns: tuple[str, ...]) -> Command:
    row = update(table).where(table.c.id == bindparam("p_id"))
    return Command(row.values({name: bindparam(f"p_{name}") for name in columns}))


def bound(table: Table, values: Mapping[str, object]) -> dict[str, object]:
    """The parameters of a statement that writes these columns."""
    return {f"p_{name}": _stored(table.c[name], value) for name, value in values.items()}


def _stored(column: Column[Any], value: Any) -> object:
    if value is None or not isinstance(column.type, JSONB):
        return value
    if isinstance(value, tuple):
        return Jsonb([_json_of(one) for one in value])
    return Jsonb(_json_of(value))


def _json_of(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


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
def _change_of_several(table: Table, columns: tuple[str, ...]) -> Command:
    rows = update(table).where(table.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    return Command(rows.values({name: bindparam(f"p_{name}") for name in columns}))


async def change_rows(connection: Connection, table: Table, row_ids: Sequence[object], **values: object) -> None:
    """Changes the rows of these `id`s in the same way."""
    await _change_of_several(table, tuple(values)).run(connection, p_ids=list(row_ids), **bound(table, values))


async def change_each(connection: Connection, table: Table, rows: Mapping[Any, Mapping[str, object]]) -> None:
    """Changes each row, by its `id`. All name the same columns, in the same order; they travel in one message."""
    command = _change(table, tuple(next(iter(rows.values()))))
    async with connection.cursor() as cursor:
        await cursor.executemany(
            command.sql, [command.set | {"p_id": row_id} | bound(table, row) for row_id, row in rows.items()]
        )


async def insert_value(connection: Connection, table: Table, value: object, **others: object) -> None:
    """Insert a row of the fields of the value that are columns of the table, and `others`."""
    await insert_row(connection, table, **row_of(table, value) | others)


async def change_value(connection: Connection, table: Table, value: Row, **columns: Any) -> Row:
    """Change columns of the value's row, and return the value with those that are members of it.

    What is no column, the name of who changes it for example, is only a member.
    """
    members: Any = value
    await change_row(connection, table, members.id, **{name: columns[name] for name in columns if name in table.c})
    changed: Row = replace(members, **{name: new for name, new in columns.items() if hasattr(value, name)})
    return changed


@cache
def _putting(table: Table, columns: tuple[str, ...]) -> Command:
    row = postgresql.insert(table).values({name: bindparam(f"p_{name}") for name in columns})
    keys = [column.name for column in table.primary_key]
    changed = {name: row.excluded[name] for name in columns if name not in keys}
    return Command(row.on_conflict_do_update(index_elements=keys, set_=changed))


async def put_row(connection: Connection, table: Table, **values: object) -> None:
    """Insert the row, or change the one that has its primary key."""
    await _putting(table, tuple(values)).run(connection, **bound(table, values))


@cache
def _removal(table: Table) -> Command:
    return Command(delete(table).where(table.c.id == bindparam("p_id")))


async def remove_row(connection: Connection, table: Table, row_id: object) -> None:
    """Remove the row of that `id`."""
    await _removal(table).run(connection, p_id=row_id)
