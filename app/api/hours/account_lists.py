"""`/v1/hour-accounts` and `/v1/hour-transfers`: those of all organisations."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.conventions import Read
from app.api.operations import Operation
from app.api.organisations.organisations import NameQuery
from app.api.paging import Page, PageWithTotals, Paging
from app.api.security import operation
from app.api.shapes import IN_DIGITS, OfType, References, Several, Years
from app.db.paging import Slice
from app.domain.hours.account_lists import CentralItem, CentralTotals, Level, Sort, UnitItem, UnitTotals
from app.domain.hours.ledger import TransferKind
from app.domain.hours.transfers import PostedTransfer
from app.services.hours import account_lists

router = APIRouter(route_class=Operation, tags=["Hour accounts"])

OneYear = Annotated[int, Query(ge=2000, le=2100, description="Calendar year of the hours."), IN_DIGITS]
AtLevel = Annotated[Level, Query(description="Accounts of central organisations or of units.")]
SortedBy = Annotated[
    Sort,
    Query(
        description="Order of the list. `available`: most free hours first. `used_share`: highest share of used hours "
        "first."
    ),
]


@router.get("/hour-accounts", response_model=PageWithTotals[CentralItem | UnitItem, CentralTotals | UnitTotals])
@operation(scope="hours:read", csv=True)
async def list_hour_accounts(
    reader: Read,
    page: Paging,
    year: OneYear,
    level: AtLevel = "central",
    under: Several[UUID] = None,
    q: NameQuery = None,
    sort: SortedBy = "name",
    hour_type: OfType = "training",
) -> Slice[Any]:
    """List all hour accounts of a year.

    Returns the accounts of central organisations that are members in the year or have hours in it, or those of units
    that are active in the year or have hours, with their proposals and the year before. Equal ones are in the order of
    their names.

    **Who:** everyone with a role, within their reach.
    """
    return await account_lists.list_accounts(
        reader, page, year=year, level=level, sort=sort, under=under, q=q, hour_type=hour_type
    )


@router.get("/hour-transfers", response_model=Page[PostedTransfer])
@operation(scope="hours:read", csv=True)
async def list_all_hour_transfers(
    reader: Read,
    page: Paging,
    year: Years = None,
    under: Several[UUID] = None,
    kind: Several[TransferKind] = None,
    cause_id: Several[UUID] = None,
    reference: References = None,
    hour_type: OfType = "training",
) -> Slice[PostedTransfer]:
    """List the hour transfers of all organisations.

    Returns the ledger's entries, newest first.

    **Who:** everyone with a role, within their reach.
    """
    return await account_lists.list_all_transfers(
        reader,
        page,
        year=year,
        under=under,
        kind=kind,
        cause_id=cause_id,
        reference=reference,
        hour_type=hour_type,
    )
