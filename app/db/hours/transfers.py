"""The ledger's entries as they are shown."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, or_, select

from app.db.hours.ledger import hour_transfers
from app.db.paging import Listing, given
from app.domain.hours.ledger import Account, Holding, TransferKind
from app.domain.hours.transfers import Cause, PostedTransfer


def _transfer_of(
    transfer_id: UUID,
    kind: TransferKind,
    hours: int,
    from_account: Account,
    from_organisation_id: UUID | None,
    to_account: Account,
    to_organisation_id: UUID | None,
    cause_type: str,
    cause_id: UUID,
    actor_id: UUID | None,
    made_at: datetime,
) -> PostedTransfer:
    return PostedTransfer(
        id=transfer_id,
        kind=kind,
        hours=hours,
        source=Holding(from_account, from_organisation_id),
        target=Holding(to_account, to_organisation_id),
        cause=Cause(cause_type, cause_id),
        actor=actor_id,
        made_at=made_at,
    )


_unit_id = bindparam("p_unit_id", type_=Uuid)

listing = Listing(
    select(
        hour_transfers.c.id,
        hour_transfers.c.kind,
        hour_transfers.c.hours,
        hour_transfers.c.from_account,
        hour_transfers.c.from_organisation_id,
        hour_transfers.c.to_account,
        hour_transfers.c.to_organisation_id,
        hour_transfers.c.cause_type,
        hour_transfers.c.cause_id,
        hour_transfers.c.actor_id,
        hour_transfers.c.made_at,
    ),
    _transfer_of,
    key=[hour_transfers.c.position],
    filters={
        "central_organisation_id": given(hour_transfers.c.central_organisation_id, "central_organisation_id"),
        "unit_id": or_(
            hour_transfers.c.from_organisation_id == _unit_id, hour_transfers.c.to_organisation_id == _unit_id
        ),
        "year": given(hour_transfers.c.year, "year"),
    },
)
