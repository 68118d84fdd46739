"""References that can be said aloud: find what one names, and the references of what moved hours."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from app.db.hours import allotment_requests as allotments
from app.db.hours.corrections import corrections, hour_corrections
from app.db.hours.decisions import decisions, hour_decisions
from app.db.hours.peer_group_quotas import peer_group_quotas, quotas
from app.db.hours.proposals import hour_proposals, proposals
from app.db.hours.returns import hour_returns, returns
from app.db.hours.supplementary_requests import requests, supplementary_hour_requests
from app.db.organisations.organisations import organisations
from app.db.paging import below
from app.db.people.main_user_applications import applications, main_user_applications
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import Connection, Query
from app.db.trainings import cost_statements as statements
from app.db.trainings import trainings as training_plans
from app.db.trainings.tables import cost_statements, trainings
from app.domain.access import reach_of
from app.domain.hours.causes import DISTRIBUTION, ReferenceType
from app.domain.hours.explanations import CausePage

_NAMED: dict[ReferenceType, tuple[Table, Resource[Any]]] = {
    "hour_proposal": (hour_proposals, proposals),
    "hour_decision": (hour_decisions, decisions),
    "peer_group_quota": (peer_group_quotas, quotas),
    "supplementary_hour_request": (supplementary_hour_requests, requests),
    "allotment_request": (allotments.allotment_requests, allotments.requests),
    "hour_return": (hour_returns, returns),
    "hour_correction": (hour_corrections, corrections),
    "main_user_application": (main_user_applications, applications),
    "training": (trainings, training_plans.resource),
    "peer_group": (trainings, training_plans.resource),
    "cost_statement": (cost_statements, statements.resource),
}
"""All that has a reference: one series for all of it."""
OWNERS = {"allotment_request": "unit_id"}
"""The column of the organisation whose it is, where that is not `organisation_id`."""


def _is_of(name: ReferenceType, table: Table) -> ColumnElement[bool]:
    """Whether the row is of the type: plans of courses and of groups share a table."""
    return trainings.c.hour_type == name if table is trainings else true()


@dataclass(frozen=True)
class Named:
    type: ReferenceType
    id: UUID
    organisation_id: UUID


_named = union_all(
    *(
        select(
            literal(name).label("type"),
            table.c.id,
            table.c[OWNERS.get(name, "organisation_id")].label("organisation_id"),
        ).where(table.c.reference == bindparam("p_reference", type_=Text), _is_of(name, table))
        for name, (table, _) in _NAMED.items()
    )
).subquery()
_found = Query(select(_named.c.type, _named.c.id, _named.c.organisation_id), Named)

_ids, _reach = bindparam("p_ids", type_=ARRAY(Uuid)), bindparam("p_reach", type_=ARRAY(Uuid))
_causes = union_all(
    *(
        select(
            literal(name).label("type"),
            table.c.id,
            table.c.reference,
            table.c[OWNERS.get(name, "organisation_id")].label("owner_id"),
        ).where(table.c.id == any_(_ids), _is_of(name, table))
        for name, (table, _) in _NAMED.items()
        if name != "main_user_application"
    ),
    select(
        literal(DISTRIBUTION).label("type"),
        organisations.c.id,
        null().label("reference"),
        organisations.c.id.label("owner_id"),
    ).where(organisations.c.id == any_(_ids)),
).subquery()
_pages = Query(
    select(
        _causes.c.type,
        _causes.c.id,
        _causes.c.reference,
        or_(_reach.is_(None), below(_causes.c.owner_id, any_(_reach))).label("is_seen"),
    ),
    CausePage,
)


async def find_named(connection: Connection, reference: str) -> Named | None:
    """What the reference names, also if the caller does not see it."""
    return await _found.first(connection, p_reference=reference)


async def check_seen(reader: Reader, named: Named) -> None:
    """Raise NotFound if the caller does not see it."""
    await _NAMED[named.type][1].get(reader, named.id)


async def list_cause_pages(reader: Reader, cause_ids: Collection[UUID]) -> list[CausePage]:
    """The causes among these that have a page, also those that the caller does not see."""
    return await _pages.all(reader.connection, p_ids=list(cause_ids), p_reach=reach_of(reader.actor))
