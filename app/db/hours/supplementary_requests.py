"""Supplementary requests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    any_,
    bindparam,
    column,
    func,
    select,
    update,
)

from app.db.organisations.organisations import organisations
from app.db.paging import seen_by
from app.db.resources import of_organisations
from app.db.sessions import Reader
from app.db.statements import (
    Command,
    Connection,
    Query,
    changed_at,
    columns_of,
    name_of,
    reference_column,
    study_centre_table,
)
from app.domain.hours.supplementary_requests import SupplementaryRequest

supplementary_hour_requests = study_centre_table(
    "supplementary_hour_requests",
    reference_column(),
    Column("organisation_id", Uuid, nullable=False),
    Column("year", SmallInteger, nullable=False),
    Column("hours", Integer, nullable=False),
    Column("grounds", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("submitted_by", Uuid, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("granted_hours", Integer),
    Column("reason", Text),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("expired_at", DateTime(timezone=True)),
    Column("expired_because", Text),
    Column("handler_id", Uuid),
    changed_at(),
)

requests = of_organisations(
    SupplementaryRequest,
    supplementary_hour_requests,
    "year",
    "state",
    "reference",
    "handler_id",
    "changed_since",
    handler_name=name_of(supplementary_hour_requests.c.handler_id),
)

_table = supplementary_hour_requests
_names = {"organisation_name": organisations.c.name, "handler_name": name_of(_table.c.handler_id)}
_locked = Query(
    select(*columns_of(SupplementaryRequest, _table, **_names))
    .join(organisations, organisations.c.id == _table.c.organisation_id)
    .where(_table.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))))
    .order_by(_table.c.id)
    .with_for_update(key_share=True, of=_table),
    SupplementaryRequest,
)
_made = (
    func.unnest(
        bindparam("p_ids", type_=ARRAY(Uuid)),
        bindparam("p_states", type_=ARRAY(Text)),
        bindparam("p_hours", type_=ARRAY(Integer)),
        bindparam("p_reasons", type_=ARRAY(Text)),
    )
    .table_valued(column("id", Uuid), column("state", Text), column("hours", Integer), column("reason", Text))
    .render_derived(name="made")
)
_decided = Command(
    update(_table)
    .where(_table.c.id == _made.c.id)
    .values(
        state=_made.c.state,
        granted_hours=_made.c.hours,
        reason=_made.c.reason,
        decided_by=bindparam("p_decided_by", type_=Uuid),
        decided_at=bindparam("p_decided_at", type_=DateTime(timezone=True)),
    )
)


async def lock_requests(session: Reader, request_ids: Collection[UUID]) -> dict[UUID, SupplementaryRequest]:
    """Those that there are, also out of reach, locked in the order of ids until the transaction ends."""
    locked = await _locked.all(session.connection, p_ids=list(request_ids), **seen_by(session))
    return {request.id: request for request in locked}


async def mark_decided(
    connection: Connection, requests: Sequence[SupplementaryRequest], *, by: UUID, at: datetime
) -> None:
    """Write the decisions on the requests, which have them already."""
    await _decided.run(
        connection,
        p_ids=[request.id for request in requests],
        p_states=[request.state for request in requests],
        p_hours=[request.granted_hours for request in requests],
        p_reasons=[request.reason for request in requests],
        p_decided_by=by,
        p_decided_at=at,
    )
