"""What is open in a year: let nobody add to it, and end it, plans before proposals and these before requests."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    SmallInteger,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    update,
)

from app.db.hours.allotment_requests import allotment_requests
from app.db.hours.plans import decision_plans
from app.db.hours.proposals import hour_proposals, is_open
from app.db.hours.supplementary_requests import supplementary_hour_requests
from app.db.paging import below, given
from app.db.statements import Command, Connection, Query
from app.domain.hours.expiring import Expired, ExpiredType

_year = cast(bindparam("p_year", type_=SmallInteger), Text)
_openings = func.hashtextextended(func.concat("openings of ", func.own_study_centre(), " ", _year), 0)
_shared = Command(select(func.pg_advisory_xact_lock_shared(_openings)))
_stopped = Command(select(func.pg_advisory_xact_lock(_openings)))


async def share_openings(connection: Connection, year: int) -> None:
    """Wait for those who end what is open in the year, and let them wait for this transaction.

    What adds something open calls it first. What is read of the year after it is how it was closed and decided.
    """
    await _shared.run(connection, p_year=year)


async def stop_openings(connection: Connection, year: int) -> None:
    """Let nobody add something open to the year until the transaction ends. What is being added is waited for."""
    await _stopped.run(connection, p_year=year)


OWNERS: dict[ExpiredType, str | None] = {
    "decision_plan": None,
    "hour_proposal": "organisation_id",
    "supplementary_hour_request": "organisation_id",
    "allotment_request": "unit_id",
}
"""The column of the organisation whose it is. A plan is the study centre's, and has no reference either."""


def _ended(type_: ExpiredType, table: Table, *conditions: ColumnElement[bool], first: Any) -> Query[Expired]:
    """The statement that ends the open rows of the year which meet the conditions."""
    column = OWNERS[type_]
    owner = cast(null(), Uuid) if column is None else table.c[column]
    reference = cast(null(), Text) if column is None else table.c.reference
    shown = {"type": literal(type_), "id": table.c.id, "reference": reference, "organisation_id": owner}
    columns = [shown_column.label(name) for name, shown_column in shown.items()]
    return Query(_end(table, *conditions, given(table.c.year, "year"), first=first).returning(*columns), Expired)


def _end(table: Table, *conditions: ColumnElement[bool], first: Any) -> Any:
    """The statement that ends the open rows which meet the conditions. It locks them in the order that all do."""
    locked = (
        select(table.c.id).where(*conditions).order_by(*first, table.c.id).with_for_update(key_share=True).cte("locked")
    )
    return (
        update(table)
        .where(table.c.id == locked.c.id)
        .values(
            state="expired",
            expired_at=bindparam("p_expired_at", type_=DateTime(timezone=True)),
            expired_because=bindparam("p_expired_because", type_=Text),
        )
    )


_plans = _ended("decision_plan", decision_plans, decision_plans.c.state == "draft", first=[])
_centres_first = [hour_proposals.c.organisation_id != hour_proposals.c.central_organisation_id]
_proposals = _ended("hour_proposal", hour_proposals, is_open, first=_centres_first)
_proposals_of_trees = _ended(
    "hour_proposal",
    hour_proposals,
    is_open,
    hour_proposals.c.central_organisation_id == any_(bindparam("p_central_ids", type_=ARRAY(Uuid))),
    first=_centres_first,
)
_requests = _ended(
    "supplementary_hour_request",
    supplementary_hour_requests,
    supplementary_hour_requests.c.state == "submitted",
    first=[],
)
_is_open_allotment_request = allotment_requests.c.state == "submitted"
_allotment_requests = _ended("allotment_request", allotment_requests, _is_open_allotment_request, first=[])
_allotment_requests_below: Query[tuple[Expired, int]] = Query(
    _end(
        allotment_requests,
        _is_open_allotment_request,
        below(allotment_requests.c.unit_id, bindparam("p_top", type_=Uuid)),
        first=[],
    ).returning(
        allotment_requests.c.id,
        allotment_requests.c.reference,
        allotment_requests.c.unit_id,
        allotment_requests.c.year,
    ),
    lambda request_id, reference, unit_id, year: (Expired("allotment_request", request_id, reference, unit_id), year),
)


async def expire_year(connection: Connection, year: int, now: datetime) -> list[Expired]:
    """End all that is open in the year, because it is closed."""
    given_facts = {"p_year": year, "p_expired_at": now, "p_expired_because": "year_closed"}
    kinds = (_plans, _proposals, _requests, _allotment_requests)
    return [expired for kind in kinds for expired in await kind.all(connection, **given_facts)]


async def expire_trees(
    connection: Connection, central_ids: Collection[UUID], year: int, now: datetime
) -> list[Expired]:
    """End all open proposals of these central organisations and their units, because the hours are decided."""
    return await _proposals_of_trees.all(
        connection, p_central_ids=list(central_ids), p_year=year, p_expired_at=now, p_expired_because="decided"
    )


async def expire_requests_below(connection: Connection, top: UUID, now: datetime) -> list[tuple[Expired, int]]:
    """End the allotment requests of the organisation and all below it, because it moves. Each has its year."""
    return await _allotment_requests_below.all(connection, p_top=top, p_expired_at=now, p_expired_because="moved")
