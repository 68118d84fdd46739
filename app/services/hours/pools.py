"""Hour pools: set, get, list, and close the year."""

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from app.db.hours.expiring import stop_openings
from app.db.hours.ledger import post_transfers
from app.db.hours.pools import (
    close_year,
    find_last_day_of_statements,
    find_pool,
    list_balances,
    listing,
    lock_pool,
    lock_year,
)
from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.trainings.settling import find_unsettled
from app.domain.access import check_staff, check_staff_or_auditor
from app.domain.hours.ledger import HourType, facts_of, lapse
from app.domain.hours.pools import HourPool, YearClosing, YearState, check_may_close, closing_of, resized
from app.domain.trainings.settling import facts_of as facts_of_training
from app.domain.versions import Versions, check_version
from app.services.hours.expiring import expire_year


async def set_pool(writer: Writer, year: int, *, hours: int, hour_type: HourType, expected: Versions) -> HourPool:
    check_staff(writer.actor)
    # The pool is locked before it is read: a simultaneous decision is counted here, or waits and counts this change.
    pool = await lock_pool(writer.connection, year, hour_type)
    check_version(pool, expected, is_put=pool.hours > 0)
    changed, transfers = resized(pool, hours)
    # A pool has no id. The change has one, which the transfer and the audit entry share.
    change_id = new_id()
    await post_transfers(writer, year, "hour_pool", change_id, transfers, hour_type)
    writer.record("hour-pool.set", change_id, **facts_of(hour_type, year=year, hours=hours))
    return changed


async def close_pool(writer: Writer, year: int) -> YearClosing:
    check_staff(writer.actor)
    # What is open ends before the year is locked: a request that changes it comes before, or finds it expired.
    await stop_openings(writer.connection, year)
    expired = await expire_year(writer, year)
    # Every transfer of the year, whatever its type, locks the pool, at least shared; only the closing locks it
    # exclusively. What it reads from here on is final: a reservation or a distribution is either counted, or waits and
    # finds the year closed.
    pool = await lock_year(writer.connection, year)
    balances = await list_balances(writer.connection, year)
    last_day = await find_last_day_of_statements(writer.connection, year)
    reserved = sum(balance.reserved for balance in balances)
    check_may_close(pool, reserved, last_day, writer.now, holding=await _holding(writer, year))
    closing_id = new_id()
    for hour_type in get_args(HourType):
        of_type = [each for each in balances if each.hour_type == hour_type and each.free]
        transfers = [lapse(each.central_organisation_id, each.organisation_id, each.free) for each in of_type]
        await post_transfers(writer, year, "hour_pool_closing", closing_id, transfers, hour_type)
    await close_year(writer.connection, year, writer.now)
    lapsed = sum(each.free for each in balances)
    writer.record("hour-pool.closed", closing_id, year=year, lapsed=lapsed, expired=len(expired))
    return closing_of(replace(pool, state="closed", closed_at=writer.now), expired)


async def _holding(writer: Writer, year: int) -> dict[str, object]:
    """The trainings that have reserved hours of the year, or whose statement waits, with the call that settles each."""
    shown, total = await find_unsettled(writer, year)
    if not total:
        return {}
    return {"trainings": [facts_of_training(training, writer.now) for training in shown], "trainings_total": total}


async def get_pool(reader: Reader, year: int, *, hour_type: HourType) -> HourPool:
    check_staff_or_auditor(reader.actor)
    return await find_pool(reader.connection, year, hour_type)


async def list_pools(
    reader: Reader, page: PageRequest, *, state: Sequence[YearState] | None, hour_type: HourType
) -> Slice[HourPool]:
    check_staff_or_auditor(reader.actor)
    return await listing.page(reader, page, state=state, hour_type=hour_type)
