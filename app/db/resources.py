"""Queries of every resource with an id: one item, the same locked, a page, each as far as the caller sees it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, Uuid, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.paging import Choice, Listing, Sight, filters_of, seen_by, within_reach
from app.db.sessions import Reader
from app.db.statements import Command, Query, columns_of
from app.domain.errors import NotFound

Item = TypeVar("Item")


class Resource(Listing[Item]):
    """The items of a table by their ids, newest first. For example:

        offices = Resource(select(*columns_of(RegionalOffice, regional_offices)), RegionalOffice, regional_offices)

        office = await offices.get(reader, office_id)
        first_offices = await offices.page(reader, page)

    A state that follows from the clock is computed in the select, from `NOW` and `TODAY`, which have their values in
    every query here; the same expression is the state's filter. `db/calendar/deadlines.py` is an example.
    """

    def __init__(
        self,
        statement: Select[Any],
        row: Callable[..., Item],
        table: Table,
        *,
        seen: Sight | None = None,
        filters: Mapping[str, ColumnElement[bool] | Choice] | None = None,
        locked_first: bool = False,
    ) -> None:
        """`seen` of None is everybody. `locked_first` is for a select that reads other rows too, which the item's lock
        protects: the item is locked by a statement of its own, and then they are read."""
        super().__init__(statement, row, key=[table.c.id], seen=seen, filters=filters)
        self.table = table
        one = statement.where(table.c.id == bindparam("p_id", type_=Uuid))
        one_seen = one.where(seen.condition) if seen else one
        self._found, self._found_seen = Query(one, row), Query(one_seen, row)
        self._lock: Command | None = None
        self._locked, self._locked_seen = self._found, self._found_seen
        if locked_first:
            self._lock = Command(
                select(table.c.id).where(table.c.id == bindparam("p_id", type_=Uuid)).with_for_update(key_share=True)
            )
        else:
            self._locked = Query(one.with_for_update(key_share=True, of=table), row)
            self._locked_seen = Query(one_seen.with_for_update(key_share=True, of=table), row)

    async def find(self, session: Reader, item_id: UUID, *, locked: bool = False) -> Item | None:
        """Find an item, also if the caller does not see it. A locked one is changed by nobody else."""
        return await self._one(session, item_id, None, locked)

    async def get(self, session: Reader, item_id: UUID, *, locked: bool = False) -> Item:
        """As `find`. Raise NotFound if there is none, or the caller does not see it."""
        item = await self._one(session, item_id, self.sight_of(session), locked)
        if item is None:
            raise NotFound
        return item

    async def lock(self, session: Reader, item_id: UUID) -> Item:
        """As `get`, and nobody else changes it until the transaction ends."""
        return await self.get(session, item_id, locked=True)

    async def _one(self, session: Reader, item_id: UUID, sight: dict[str, object] | None, locked: bool) -> Item | None:
        every, seen = (self._locked, self._locked_seen) if locked else (self._found, self._found_seen)
        query = every if sight is None else seen
        parameters = {"p_id": item_id} | seen_by(session) | (sight or {})
        if not (locked and self._lock):
            return await query.first(session.connection, **parameters)
        async with session.connection.pipeline():
            await self._lock.run(session.connection, p_id=item_id)
            asked = await query.ask(session.connection, **parameters)
        return await asked.fetchone()


def of_organisations(row: type[Item], table: Table, *filters: str, **others: ColumnElement[Any]) -> Resource[Item]:
    """Return the resource of values that have an organisation and its name, seen by callers who reach it. For example:

    returns = of_organisations(HourReturn, hour_returns, "year", "state")
    """
    return Resource(
        select(*columns_of(row, table, organisation_name=organisations.c.name, **others)).join(
            organisations, organisations.c.id == table.c.organisation_id
        ),
        row,
        table,
        seen=within_reach(table.c.organisation_id),
        filters=filters_of(table, "organisation_id", "under", *filters),
    )
