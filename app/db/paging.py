"""Lists in slices: by keyset, so that page 2,000 costs what page 1 does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, FromClause, Integer, Select, Uuid, any_, bindparam, func, select, tuple_

from app.db.organisations.organisations import organisation_ancestors
from app.db.sessions import Reader
from app.db.statements import Query
from app.domain.access import Actor, reach_of
from app.domain.calendar.deadlines import day_of

Item = TypeVar("Item")


class OrganisationFilters(TypedDict, total=False):
    organisation_id: UUID | None
    under: UUID | None


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


def filters_of(table: FromClause, *names: str) -> dict[str, ColumnElement[bool]]:
    """The filters that are columns of the table; `under` is the organisation or one above it."""
    under = bindparam("p_under", type_=Uuid)
    return {
        name: below(table.c.organisation_id, under) if name == "under" else given(table.c[name], name) for name in names
    }


@dataclass(frozen=True)
class Sight:
    """Who sees an item: a condition on its row, and the parameters of the condition for a caller."""

    condition: ColumnElement[bool]
    parameters_of: Callable[[Actor], dict[str, object] | None]
    """None for a caller who sees everything."""


def within_reach(organisation_id: ColumnElement[Any]) -> Sight:
    """Seen by callers who reach the organisation (rulebook §2.2)."""
    return Sight(below(organisation_id, any_(bindparam("p_reach", type_=ARRAY(Uuid)))), _parameters_of_reach)


def _parameters_of_reach(actor: Actor) -> dict[str, object] | None:
    reach = reach_of(actor)
    return None if reach is None else {"p_reach": reach}


def clock_of(session: Reader) -> dict[str, object]:
    """The parameters `NOW` and `TODAY` of statements, from which a select computes what follows from the clock."""
    return {"p_now": session.now, "p_today": day_of(session.now)}


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
        filters: Mapping[str, ColumnElement[bool]] | None = None,
    ) -> None:
        """`seen` of None is everybody."""
        self._statement, self._row, self._key, self._newest_first = statement, row, key, newest_first
        self._seen, self._filters = seen, dict(filters or {})
        if seen is not None:
            self._filters["seen"] = seen.condition
        self._queries: dict[tuple[frozenset[str], str], Query[Any]] = {}

    async def page(self, session: Reader, page: PageRequest, **filters: object) -> Slice[Item]:
        """What the caller sees. Filters that are None are left out."""
        if unknown := filters.keys() - self._filters.keys():
            raise TypeError(f"the list has no filter {sorted(unknown)}")
        named = {name: value for name, value in filters.items() if value is not None}
        parameters = clock_of(session) | {f"p_{name}": value for name, value in named.items()}
        used = frozenset(named)
        if (sight := self.sight_of(session)) is not None:
            parameters, used = parameters | sight, used | {"seen"}
        after = {f"p_after_{i}": value for i, value in enumerate(page.after or ())}
        query = self._query(used, "next" if after else "first")
        rows = await query.all(session.connection, p_limit=page.limit + 1, **parameters, **after)
        items = [item for item, _ in rows[: page.limit]]
        next_key = tuple(map(str, rows[page.limit - 1][1])) if len(rows) > page.limit else None
        total = None
        if page.with_total:
            total = await self._query(used, "total").first(session.connection, **parameters)
        return Slice(items, next_key, total)

    def sight_of(self, session: Reader) -> dict[str, object] | None:
        """The parameters of what the caller sees; None for a caller who sees everything."""
        return self._seen.parameters_of(session.actor) if self._seen else None

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
