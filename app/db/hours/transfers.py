"""The ledger's entries as they are shown."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, bindparam, or_, select, union_all

from app.db.hours.allotment_requests import allotment_requests
from app.db.hours.corrections import hour_corrections
from app.db.hours.decisions import hour_decisions
from app.db.hours.ledger import hour_transfers
from app.db.hours.peer_group_quotas import peer_group_quotas
from app.db.hours.returns import hour_returns
from app.db.hours.supplementary_requests import supplementary_hour_requests
from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.paging import Listing, choice, filters_of, given, within_reach
from app.db.statements import Connection, Query, Selection
from app.db.trainings.tables import trainings
from app.domain.hours.ledger import Holding, HourType
from app.domain.hours.transfers import Cause, PostedTransfer

_posted = Selection(
    PostedTransfer,
    hour_transfers,
    source=Selection(
        Holding, account=hour_transfers.c.from_account, organisation_id=hour_transfers.c.from_organisation_id
    ),
    target=Selection(Holding, account=hour_transfers.c.to_account, organisation_id=hour_transfers.c.to_organisation_id),
    cause=Selection(Cause, type=hour_transfers.c.cause_type, id=hour_transfers.c.cause_id),
    actor=hour_transfers.c.actor_id,
)
_unit_id = bindparam("p_unit_id", type_=Uuid)

listing = Listing(
    select(*_posted.columns),
    _posted.build,
    key=[hour_transfers.c.position],
    filters=filters_of(hour_transfers, "central_organisation_id", "year")
    | {
        "hour_type": given(hour_transfers.c.hour_type, "hour_type"),
        "unit_id": or_(
            hour_transfers.c.from_organisation_id == _unit_id, hour_transfers.c.to_organisation_id == _unit_id
        ),
    },
)

_of_year: Query[UUID] = Query(
    select(hour_transfers.c.id).where(
        given(hour_transfers.c.id, "id"),
        given(hour_transfers.c.central_organisation_id, "central_organisation_id"),
        given(hour_transfers.c.year, "year"),
        given(hour_transfers.c.hour_type, "hour_type"),
    )
)


async def is_of_year(
    connection: Connection, transfer_id: UUID, central_organisation_id: UUID, year: int, hour_type: HourType
) -> bool:
    """Whether there is such a transfer of the central organisation, or of a unit below it, in the year's hours of the
    type."""
    found = await _of_year.first(
        connection,
        p_id=transfer_id,
        p_central_organisation_id=central_organisation_id,
        p_year=year,
        p_hour_type=hour_type,
    )
    return found is not None


_unit = organisations.alias("unit")


def _of_tree(top: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the transfer happened under the organisation `top`, or from or to a unit there, under its own centre."""
    holders = (hour_transfers.c.from_organisation_id, hour_transfers.c.to_organisation_id)
    is_of_unit = (
        select(_unit.c.id)
        .join(organisation_ancestors, organisation_ancestors.c.organisation_id == _unit.c.id)
        .where(
            or_(*(_unit.c.id == holder for holder in holders)),
            _unit.c.central_organisation_id == hour_transfers.c.central_organisation_id,
            organisation_ancestors.c.ancestor_id == top,
        )
        .exists()
    )
    return or_(hour_transfers.c.central_organisation_id == top, is_of_unit)


_referred = union_all(
    *(
        select(table.c.id, table.c.reference)
        for table in (
            hour_decisions,
            peer_group_quotas,
            supplementary_hour_requests,
            allotment_requests,
            hour_returns,
            hour_corrections,
            trainings,
        )
    )
).subquery("referred")


def _caused_by(reference: Any) -> ColumnElement[bool]:
    """Whether what moved the hours goes by this reference."""
    return hour_transfers.c.cause_id.in_(select(_referred.c.id).where(_referred.c.reference == reference))


all_transfers = Listing(
    select(*_posted.columns),
    _posted.build,
    key=[hour_transfers.c.position],
    seen=replace(
        within_reach(hour_transfers.c.central_organisation_id),
        condition=_of_tree(any_(bindparam("p_reach", type_=ARRAY(Uuid)))),
    ),
    filters=filters_of(hour_transfers, "year", "kind", "cause_id")
    | {
        "hour_type": given(hour_transfers.c.hour_type, "hour_type"),
        "under": choice("under", Uuid, _of_tree),
        "reference": choice("reference", Text, _caused_by),
    },
)
"""The transfers of all organisations."""
