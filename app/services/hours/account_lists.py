"""All hour accounts of a year, and all transfers: list."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack
from uuid import UUID

from app.db.hours.account_lists import listings, sum_accounts
from app.db.hours.transfers import all_transfers
from app.db.organisations.profiles import patterns_of
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader
from app.domain.hours.account_lists import CentralItem, Level, Sort, UnitItem
from app.domain.hours.ledger import HourType, TransferKind
from app.domain.hours.transfers import PostedTransfer


class TransferFilters(TypedDict, total=False):
    under: Sequence[UUID] | None
    year: Sequence[int] | None
    kind: Sequence[TransferKind] | None
    cause_id: Sequence[UUID] | None
    reference: Sequence[str] | None
    hour_type: HourType


async def list_accounts(
    reader: Reader,
    page: PageRequest,
    *,
    year: int,
    level: Level,
    sort: Sort,
    under: Sequence[UUID] | None,
    q: str | None,
    hour_type: HourType,
) -> Slice[Any]:
    """The accounts, and the sums over all that match. `q` is words that are all in the names or the business ID."""
    filters = {"year": year, "under": under, "words": patterns_of(q), "hour_type": hour_type}
    shown = await listings[level, sort].page(reader, page, **filters)
    totals = None if page.is_all else await sum_accounts(reader, level, **filters)
    return replace(shown, totals=totals, row=CentralItem if level == "central" else UnitItem)


async def list_all_transfers(
    reader: Reader, page: PageRequest, **filters: Unpack[TransferFilters]
) -> Slice[PostedTransfer]:
    return await all_transfers.page(reader, page, **filters)
