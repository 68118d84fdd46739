"""Lists in slices: by keyset, so that page 2,000 costs what page 1 does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Select, Uuid, any_, bindparam, func, select, tuple_

from app.db.organisations.organisations import organisation_ancestors
from app.db.statements import Connection, Query

Item = TypeVar("Item")


@dataclass(frozen=True)
class PageRequest:
    limit: int
    after: tuple[str, ...] | None
    """The key of the last item seen, as text; None is the beginning."""
    with_total: bool = False


@dataclass(frozen=True)
class Slice(Generic[Item]):
    items: list[Item]
    next_key: tuple[str, ...] | None
    """Where the next slice begins; None is the end."""
    total: int | None = None


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


class Listing(Generic[Item]):
    """A list with its filters; a statement is compiled once for each set of filters used."""

    def __init__(
        self,
        statement: Select[Any],
        row: Callable[..., Item],
        *,
        key: Sequence[ColumnElement[Any]],
        newest_first: bool = True,
        reach: ColumnElement[Any] | None = None,
        filters: Mapping[str, ColumnElement[bool]],
    ) -> None:
        """`reach` is the column of the organisation that decides who sees an item; None is everybody."""
        self._statement, self._row, self._key, self._newest_first = statement, row, key, newest_first
        self._filters = dict(filters)
        if reach is not None:
            self._filters["reach"] = below(reach, any_(bindparam("p_reach", type_=ARRAY(Uuid))))
        self._queries: dict[tuple[frozenset[str], str], Query[Any]] = {}

    async def page(
        self, connection: Connection, page: PageRequest, *, reach: list[UUID] | None = None, **filters: object
    ) -> Slice[Item]:
        """Filters that are None are not asked; so is a `reach` of None."""
        used = {name: value for name, value in {**filters, "reach": reach}.items() if value is not None}
        parameters = {f"p_{name}": value for name, value in used.items()}
        after = {f"p_after_{i}": value for i, value in enumerate(page.after or ())}
        query = self._query(frozenset(used), "next" if after else "first")
        rows = await query.all(connection, p_limit=page.limit + 1, **parameters, **after)
        items = [item for item, _ in rows[: page.limit]]
        next_key = tuple(map(str, rows[page.limit - 1][1])) if len(rows) > page.limit else None
        total = None
        if page.with_total:
            total = await self._query(frozenset(used), "total").first(connection, **parameters)
        return Slice(items, next_key, total)

    def _query(self, used: frozenset[str], part: str) -> Query[Any]:
        if (used, part) not in self._queries:
            self._queries[used, part] = self._compiled(used, part)
        return self._queries[used, part]

    def _compiled(self, used: frozenset[str], part: str) -> Query[Any]:
        statement = self._statement.where(*(self._filters[name] for name in sorted(used)))
        if part == "total":
            return Query(select(func.count()).select_from(statement.subquery()), int)
        if part == "next":
            after = tuple_(*(bindparam(f"p_after_{i}", type_=column.type) for i, column in enumerate(self._key)))
            key = tuple_(*self._key)
            statement = statement.where(key < after if self._newest_first else key > after)
        order = [column.desc() if self._newest_first else column.asc() for column in self._key]
        keyed = statement.add_columns(*(column.label(f"key_{i}") for i, column in enumerate(self._key)))
        limit = bindparam("p_limit", type_=Integer)
        row, width = self._row, len(self._key)
        return Query(
            keyed.order_by(*order).limit(limit),
            lambda *values: (row(*values[:-width]), values[-width:]),
        )
