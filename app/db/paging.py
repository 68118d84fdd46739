"""Lists in slices: by keyset, so that page 2,000 costs what page 1 does."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypedDict, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Label,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    tuple_,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.sql.base import ColumnCollection
from sqlalchemy.types import TypeEngine

from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.sessions import Reader
from app.db.statements import NOW, OVERSEEN, READER, NameOf, Query
from app.domain.access import Actor, reach_of
from app.domain.calendar.deadlines import day_of
from app.domain.organisations.organisations import Language
from app.domain.people.people import people_reach_of

USUAL_LIMIT = 50
Item = TypeVar("Item")
Used = frozenset[tuple[str, bool]]
"""The filters that a request names, each with whether it has several values."""


class OrganisationFilters(TypedDict, total=False):
    organisation_id: Sequence[UUID] | None
    under: Sequence[UUID] | None


@dataclass(frozen=True)
class PageRequest:
    limit: int
    after: tuple[str, ...] | None
    """The key of the last item seen, as text; None is the beginning."""
    with_total: bool = False
    is_all: bool = False
    """Whether all items are asked for, `limit` of them at once, and no sums. The session is in a transaction."""


@dataclass(frozen=True)
class Slice(Generic[Item]):
    items: list[Item]
    next_key: tuple[str, ...] | None
    """Where the next slice begins; None is the end."""
    total: int | None = None
    language: Language | None = None
    """Of the texts in the items, if they are in the reader's language."""
    totals: object | None = None
    """Sums over all items of the list, if it has any."""
    row: type[Item] | None = None
    """Class of the items, if the list has items of several."""
    parts: AsyncGenerator[list[Item], None] | None = None
    """All items instead of `items`, if they are asked for."""


def below(organisation_id: ColumnElement[Any], top: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the organisation is `top` or below it; `top` may be `any_()` of several."""
    return (
        select(organisation_ancestors.c.organisation_id)
        .where(
            organisation_ancestors.c.organisation_id == organisation_id,
            organisation_ancestors.c.ancestor_id == top,
        )
        .exists()
    )


def given(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The filter that the column is the parameter of that name."""
    return column == bindparam(f"p_{name}", type_=column.type)


@dataclass(frozen=True)
class Choice:
    """A filter that may be given several values: an item has any of them."""

    one: ColumnElement[bool]
    """The condition for one value, of which an index can keep the order."""
    several: ColumnElement[bool]


def choice(
    name: str, type_: TypeEngine[Any] | type[TypeEngine[Any]], condition: Callable[[Any], ColumnElement[bool]]
) -> Choice:
    """The filter of that name; `condition` compares with a value, or with `any_()` of several."""
    parameter = f"p_{name}"
    one, several = bindparam(parameter, type_=type_), any_(bindparam(parameter, type_=ARRAY(type_)))
    return Choice(condition(one), condition(several))


def any_given(column: ColumnElement[Any], name: str) -> Choice:
    """The filter that the column is one of the values of that name."""
    return choice(name, column.type, lambda value: column == value)


def any_under(organisation_id: ColumnElement[Any]) -> Choice:
    """The filter `under`: the organisation itself or one above it is among the values."""
    return choice("under", Uuid, lambda top: below(organisation_id, top))


def filters_of(table: FromClause, *names: str) -> dict[str, ColumnElement[bool] | Choice]:
    """The filters that are columns of the table, `under`, and `changed_since` for rows that the database dates."""
    return {name: _filter_of(table, name) for name in names}


def _filter_of(table: FromClause, name: str) -> ColumnElement[bool] | Choice:
    match name:
        case "under":
            return any_under(table.c.organisation_id)
        case "changed_since":
            return table.c.changed_at >= bindparam("p_changed_since", type_=DateTime(timezone=True))
    return any_given(table.c[name], name)


@dataclass(frozen=True)
class Sight:
    """Who sees an item: a condition on its row, and the parameters of the condition for a caller."""

    condition: ColumnElement[bool]
    parameters_of: Callable[[Actor], dict[str, object] | None]
    """None for a caller who sees everything."""


def within_reach(organisation_id: ColumnElement[Any]) -> Sight:
    """Seen by callers who reach the organisation (rulebook §2.2)."""
    return Sight(below(organisation_id, any_(bindparam("p_reach", type_=ARRAY(Uuid)))), _parameters_of_reach)


_own_centrals = select(organisations.c.central_organisation_id).where(
    organisations.c.id == any_(bindparam("p_reach", type_=ARRAY(Uuid)))
)


def of_own_tree(central_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the caller has a role anywhere in the tree of the central organisation. The parameter is that of
    `within_reach`."""
    return central_id.in_(_own_centrals)


def in_tree(central_id: ColumnElement[Any], is_open: ColumnElement[bool]) -> Sight:
    """Seen by the main users of the central organisation, and what is open by everybody with a role in its tree."""
    is_main_user = central_id == any_(bindparam("p_main_user_of", type_=ARRAY(Uuid)))
    return Sight(or_(is_main_user, and_(is_open, of_own_tree(central_id))), _parameters_in_tree)


def _parameters_in_tree(actor: Actor) -> dict[str, object] | None:
    parameters = _parameters_of_reach(actor)
    return None if parameters is None else parameters | {"p_main_user_of": actor.organisations_of("main_user")}


def _parameters_of_reach(actor: Actor) -> dict[str, object] | None:
    reach = reach_of(actor)
    return None if reach is None else {"p_reach": reach}


def clock_of(session: Reader) -> dict[str, object]:
    """The parameters `NOW` and `TODAY` of statements, from which a select computes what follows from the clock."""
    return {"p_now": session.now, "p_today": day_of(session.now)}


def seen_by(session: Reader) -> dict[str, object]:
    """The parameters of the clock, and of the names that the caller sees (`name_of`)."""
    reader = {"p_reader": session.actor.person_id, "p_overseen": people_reach_of(session.actor)}
    return clock_of(session) | reader


UNSEEN: dict[str, object] = {"p_reader": None, "p_overseen": [], "p_now": None}
"""The parameters of names that nobody sees: where a job changes values."""


_Rows = ColumnCollection[str, Any]
_actor_names = table("actor_names", column("id", Uuid), column("name", Text))


def _names_in(statement: Select[Any]) -> dict[str, NameOf]:
    """The names among the columns, by their labels."""
    labels = (column for column in statement.selected_columns if isinstance(column, Label))
    named = {label.name: label.element for label in labels if isinstance(label.element, NameOf)}
    return {label: name for label, name in named.items() if name.overseen is OVERSEEN}


def _with_all_names(statement: Select[Any]) -> Select[Any]:
    """The statement with its names from joins, for a caller who sees all people.

    They take a tenth of the time of a call for each name (`NameOf`).
    """
    named = _names_in(statement)
    if not named:
        return statement
    shown: dict[str, ColumnElement[Any]] = {}
    for label, name in named.items():
        one = _actor_names.alias()
        statement = statement.outerjoin(one, one.c.id == name.actor_id)
        shown[label] = one.c.name.label(label)
    return statement.with_only_columns(*(shown.get(column.name, column) for column in statement.selected_columns))


def _with_names(
    page: Select[Any], order: Callable[[_Rows], Sequence[ColumnElement[Any]]], *, sees_all: bool
) -> Select[Any]:
    """The page with its names, which are looked up for its rows alone: in one call, if the caller sees some people."""
    named = _names_in(page)
    if not named:
        return page
    actors = [name.actor_id.label(f"actor_{place}") for place, name in enumerate(named.values())]
    columns = list(page.selected_columns)
    rows = page.with_only_columns(*(column for column in columns if column.name not in named), *actors).cte("page")
    names: FromClause = _actor_names
    if not sees_all:
        ids = func.array(select(func.unnest(array([rows.c[actor.name] for actor in actors]))).scalar_subquery())
        found = func.names_of(ids, READER, OVERSEEN, NOW).table_valued(column("id", Uuid), column("name", Text))
        names = select(found.c.id, found.c.name).cte("names")
    complete: FromClause = rows
    shown: dict[str, ColumnElement[Any]] = {}
    for label, actor in zip(named, actors, strict=True):
        one = names.alias()
        complete = complete.outerjoin(one, one.c.id == rows.c[actor.name])
        shown[label] = one.c.name.label(label)
    every = [shown[column.name] if column.name in shown else rows.c[column.name] for column in columns]
    return select(*every).select_from(complete).order_by(*order(rows.c))


class Listing(Generic[Item]):
    """A list with its filters; a statement is compiled once for each set of filters used."""

    def __init__(
        self,
        statement: Select[Any],
        row: Callable[..., Item],
        *,
        key: Sequence[ColumnElement[Any]],
        newest_first: bool = True,
        seen: Sight | None = None,
        filters: Mapping[str, ColumnElement[bool] | Choice] | None = None,
        parameters_of: Callable[[Actor], dict[str, object]] | None = None,
    ) -> None:
        """`seen` of None is everybody. `parameters_of` a caller are those of a select that shows less to some."""
        self._parameters_of = parameters_of or (lambda _: {})
        self._statement, self._row, self._key, self._newest_first = statement, row, key, newest_first
        self._seen, self._filters = seen, dict(filters or {})
        if seen is not None:
            self._filters["seen"] = seen.condition
        self._queries: dict[tuple[Used, str, bool], Query[Any]] = {}
        self._sums: dict[tuple[Used, tuple[str, ...]], Query[list[int]]] = {}

    async def page(self, session: Reader, page: PageRequest, **filters: object) -> Slice[Item]:
        """What the caller sees. Filters that are None are left out; a choice takes a value or a list of them."""
        used, parameters = self._used(session, filters)
        sees_all = parameters["p_overseen"] is None
        if page.is_all:
            parts = self._query(used, "all", sees_all=sees_all).parts(session.connection, page.limit, **parameters)
            return Slice([], None, parts=parts)
        after = {f"p_after_{i}": value for i, value in enumerate(page.after or ())}
        part = ("next" if after else "first") + (" usual" if page.limit == USUAL_LIMIT else "")
        query = self._query(used, part, sees_all=sees_all)
        rows = await query.all(session.connection, p_limit=page.limit + 1, **parameters, **after)
        width = len(self._shown)
        items = [self._row(*values[:width]) for values in rows[: page.limit]]
        next_key = tuple(str(rows[page.limit - 1][place]) for place in self._places) if len(rows) > page.limit else None
        total = None
        if page.with_total:
            total = await self._query(used, "total").first(session.connection, **parameters)
        return Slice(items, next_key, total)

    async def sums(self, session: Reader, *columns: str, **filters: object) -> list[int]:
        """The number of all items that match, and the sums of their columns with these labels."""
        used, parameters = self._used(session, filters)
        if (used, columns) not in self._sums:
            matching = self._matching(used).subquery()
            totals = [cast(func.coalesce(func.sum(matching.c[name]), 0), BigInteger) for name in columns]
            statement = select(func.count()).add_columns(*totals).select_from(matching)
            self._sums[used, columns] = Query(statement, lambda *sums: list(sums))
        return await self._sums[used, columns].first(session.connection, **parameters) or []

    def _used(self, session: Reader, filters: Mapping[str, object]) -> tuple[Used, dict[str, object]]:
        """The filters that are named, the caller's sight among them, and the parameters of all."""
        if unknown := filters.keys() - self._filters.keys():
            raise TypeError(f"the list has no filter {sorted(unknown)}")
        named = {name: value for name, value in filters.items() if value is not None}
        parameters, used = seen_by(session) | self._parameters_of(session.actor), set()
        for name, value in named.items():
            several = isinstance(self._filters[name], Choice) and isinstance(value, list)
            if several and len(value) == 1:  # type: ignore[arg-type]  # It is a list.
                [value], several = value, False  # type: ignore[misc]
            parameters[f"p_{name}"] = value
            used.add((name, several))
        if (sight := self.sight_of(session)) is not None:
            parameters |= sight
            used.add(("seen", False))
        return frozenset(used), parameters

    def sight_of(self, session: Reader) -> dict[str, object] | None:
        """The parameters of what the caller sees; None for a caller who sees everything."""
        return self._seen.parameters_of(session.actor) if self._seen else None

    def _query(self, used: Used, part: str, *, sees_all: bool = True) -> Query[Any]:
        if (used, part, sees_all) not in self._queries:
            self._queries[used, part, sees_all] = self._compiled(used, part, sees_all=sees_all)
        return self._queries[used, part, sees_all]

    @cached_property
    def _shown(self) -> list[ColumnElement[Any]]:
        """The columns without their labels."""
        return [getattr(shown, "element", shown) for shown in self._statement.selected_columns]

    @cached_property
    def _added(self) -> list[ColumnElement[Any]]:
        """The parts of the key that are not among the columns."""
        return [part for part in self._key if not any(part is shown for shown in self._shown)]

    @cached_property
    def _places(self) -> list[int]:
        """Where the parts of the key are in a row."""
        columns = [*self._shown, *self._added]
        return [next(place for place, shown in enumerate(columns) if shown is part) for part in self._key]

    def _condition(self, name: str, *, several: bool) -> ColumnElement[bool]:
        condition = self._filters[name]
        if isinstance(condition, Choice):
            return condition.several if several else condition.one
        return condition

    def _matching(self, used: Used) -> Select[Any]:
        return self._statement.where(*(self._condition(name, several=several) for name, several in sorted(used)))

    def _compiled(self, used: Used, part: str, *, sees_all: bool) -> Query[Any]:
        statement = self._matching(used)
        if part == "total":
            return Query(select(func.count()).select_from(statement.subquery()), int)
        if part.startswith("next"):
            after = tuple_(*(bindparam(f"p_after_{i}", type_=column.type) for i, column in enumerate(self._key)))
            key = tuple_(*self._key)
            statement = statement.where(key < after if self._newest_first else key > after)
        if part == "all":
            statement = _with_all_names(statement) if sees_all else statement
            return Query(statement.order_by(*self._in_order(self._key)), self._row)
        keyed = statement.add_columns(*(part.label(f"key_{i}") for i, part in enumerate(self._added)))
        # PostgreSQL would make a plan for each request if it did not know the limit.
        usual = literal_column(str(USUAL_LIMIT + 1), Integer)
        limit = usual if part.endswith("usual") else bindparam("p_limit", type_=Integer)
        page = keyed.order_by(*self._in_order(self._key)).limit(limit)
        labels = [list(keyed.selected_columns)[place].name for place in self._places]
        named = _with_names(page, lambda rows: self._in_order([rows[label] for label in labels]), sees_all=sees_all)
        return Query(named, lambda *values: values)

    def _in_order(self, key: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        return [part.desc() if self._newest_first else part.asc() for part in key]
