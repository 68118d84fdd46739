"""The ledger's entries as they are shown."""

from sqlalchemy import Uuid, bindparam, or_, select

from app.db.hours.ledger import hour_transfers
from app.db.paging import Listing, filters_of
from app.db.statements import Selection
from app.domain.hours.ledger import Holding
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
        "unit_id": or_(
            hour_transfers.c.from_organisation_id == _unit_id, hour_transfers.c.to_organisation_id == _unit_id
        )
    },
)
