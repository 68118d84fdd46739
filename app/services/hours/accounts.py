"""Hour accounts and their transfers: get and list."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.db.hours.accounts import get_books
from app.db.hours.transfers import listing
from app.db.organisations.organisations import find_place
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.domain.access import check_reach
from app.domain.hours.accounts import CentralAccount, UnitAccount, account_of
from app.domain.hours.ledger import HourType
from app.domain.hours.transfers import PostedTransfer


async def get_account(
    reader: Reader, organisation_id: UUID, year: int, *, at: datetime | None, hour_type: HourType
) -> CentralAccount | UnitAccount:
    return account_of(await get_books(reader, organisation_id, year, at, hour_type))


async def list_transfers(
    reader: Reader, organisation_id: UUID, page: PageRequest, *, year: Sequence[int] | None, hour_type: HourType
) -> Slice[PostedTransfer]:
    """The transfers of a central organisation's tree, or those from or to a unit under its present centre."""
    place = check_reach(reader.actor, await find_place(reader.connection, organisation_id))
    return await listing.page(
        reader,
        page,
        central_organisation_id=place.central_organisation_id,
        unit_id=None if place.is_central else organisation_id,
        year=year,
        hour_type=hour_type,
    )
