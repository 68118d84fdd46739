"""What every resource with an id is asked: one item, the same locked, a page; each as far as the caller sees it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, Uuid, bindparam

from app.db.paging import Listing, Sight, clock_of
from app.db.sessions import Reader, Writer
from app.db.statements import Query
from app.domain.errors import NotFound

Item = TypeVar("Item")


class Resource(Listing[Item]):
    """The items of a table by their ids, newest first. A state that follows from the clock is a column computed from
    the parameters `p_now` or `p_today`, which every question here brings (`clock_of`).

    For example:

        returns = Resource(
            select(*columns_of(HourReturn, hour_returns, organisation_name=organisations.c.name)).join(
                organisations, organisations.c.id == hour_returns.c.organisation_id
            ),
            HourReturn,
            hour_returns,
            seen=within_reach(hour_returns.c.organisation_id),
            filters=filters_of(hour_returns, "organisation_id", "under", "year", "state"),
        )

        booked = await returns.get(reader, return_id)
        slice_of_2025 = await returns.page(reader, page, year=2025)
    """

    def __init__(
        self,
        statement: Select[Any],
        row: Callable[..., Item],
        table: Table,
        *,
        seen: Sight | None = None,
        filters: Mapping[str, ColumnElement[bool]] | None = None,
    ) -> None:
        """`seen` of None is everybody."""
        super().__init__(statement, row, key=[table.c.id], seen=seen, filters=filters)
        one = statement.where(table.c.id == bindparam("p_id", type_=Uuid))
        self._found = Query(one, row)
        self._locked = Query(one.with_for_update(key_share=True, of=table), row)
        self._found_seen, self._locked_seen = self._found, self._locked
        if seen is not None:
            self._found_seen = Query(one.where(seen.condition), row)
            self._locked_seen = Query(one.where(seen.condition).with_for_update(key_share=True, of=table), row)

    async def find(self, session: Reader, item_id: UUID) -> Item | None:
        """Also what the caller does not see."""
        return await self._found.first(session.connection, p_id=item_id, **clock_of(session))

    async def get(self, session: Reader, item_id: UUID) -> Item:
        """Raises NotFound where there is none, or the caller does not see it."""
        return await self._one(self._found, self._found_seen, session, item_id)

    async def lock(self, writer: Writer, item_id: UUID) -> Item:
        """As `get`, and nobody else changes it until the transaction ends."""
        return await self._one(self._locked, self._locked_seen, writer, item_id)

    async def _one(self, every: Query[Item], seen: Query[Item], session: Reader, item_id: UUID) -> Item:
        sight = self.sight_of(session)
        query = every if sight is None else seen
        item = await query.first(session.connection, p_id=item_id, **clock_of(session), **(sight or {}))
        if item is None:
            raise NotFound
        return item
