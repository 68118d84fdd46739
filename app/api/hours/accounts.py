"""`/v1/organisations/{id}/hour-accounts`, `…/explanation` and `…/hour-transfers`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.conventions import Read
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.security import operation
from app.api.shapes import Instant, OfType, YearPath, Years
from app.db.paging import Slice
from app.domain.hours.accounts import CentralAccount, UnitAccount
from app.domain.hours.explanations import AccountExplanation
from app.domain.hours.transfers import PostedTransfer
from app.services.hours import accounts, explanations

router = APIRouter(
    prefix="/organisations/{organisation_id}",
    route_class=Operation,
    tags=[
        Tag("Hour accounts", "Where the hours are, now or at any time in the past, and every transfer that moved them.")
    ],
)

At = Annotated[Instant | None, Query(description="Time at which the account is read, entries of that time included.")]


@router.get("/hour-accounts/{year}")
@operation(scope="hours:read", computed=True)
async def get_hour_account(
    reader: Read, organisation_id: UUID, year: YearPath, at: At = None, hour_type: OfType = "training"
) -> CentralAccount | UnitAccount:
    """Get an hour account.

    Returns the hours of a central organisation with its tree, or those of a unit.

    **Who:** everyone with a role, within their reach.
    """
    return await accounts.get_account(reader, organisation_id, year, at=at, hour_type=hour_type)


@router.get("/hour-accounts/{year}/explanation")
@operation(scope="hours:read", computed=True)
async def get_hour_account_explanation(
    reader: Read, organisation_id: UUID, year: YearPath, at: At = None, hour_type: OfType = "training"
) -> AccountExplanation:
    """Get the explanation of an hour account.

    Returns how the free hours came to be, a step for each kind of transfer, with its text in three languages and its
    causes. The steps add up to `available`.

    **Who:** everyone with a role, within their reach.
    """
    return await explanations.explain_account(reader, organisation_id, year, at=at, hour_type=hour_type)


@router.get("/hour-transfers", response_model=Page[PostedTransfer])
@operation(scope="hours:read", csv=True)
async def list_hour_transfers(
    reader: Read, organisation_id: UUID, page: Paging, year: Years = None, hour_type: OfType = "training"
) -> Slice[PostedTransfer]:
    """List the hour transfers of an organisation.

    Returns the ledger's entries behind the account, newest first.

    **Who:** everyone with a role, within their reach.
    """
    return await accounts.list_transfers(reader, organisation_id, page, year=year, hour_type=hour_type)
