"""Returns of hours: book, cancel, get and list."""

from uuid import UUID

from app.db.hours.ledger import post_transfers
from app.db.hours.pools import hold_pool
from app.db.hours.returns import hour_returns, returns
from app.db.hours.standing import get_standing, get_standing_to_make
from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import change_value, row_of
from app.domain.access import check_main_user
from app.domain.hours.ledger import hour_return, return_cancellation
from app.domain.hours.returns import HourReturn, check_cancellation, check_pool_has, check_return
from app.domain.hours.standing import check_may_change


async def book_return(
    writer: Writer, *, organisation_id: UUID, year: int, hours: int, grounds: str | None
) -> HourReturn:
    standing = await get_standing_to_make(writer, organisation_id, year, "change_window", pointer="/organisation_id")
    check_main_user(writer.actor, standing.place)
    check_may_change(standing, writer.now)
    # Nothing is locked yet: two returns of the last hours, or a return and a distribution, may both pass here. The
    # ledger keeps the year open and locks the organisation's balance before it counts, so that the second one sees
    # what the first left and is refused there, with the same facts. In the same way it sees a year closed meanwhile.
    check_return(standing.common, hours)
    booked = HourReturn(
        id=new_id(),
        reference=standing.reference,
        organisation_id=organisation_id,
        organisation_name=standing.organisation_name,
        year=year,
        hours=hours,
        grounds=grounds,
        state="booked",
        booked_by=writer.actor.person_id,
        booked_by_name=writer.actor.name,
        booked_at=writer.now,
        cancelled_by=None,
        cancelled_by_name=None,
        cancelled_at=None,
        handler_id=None,
        handler_name=None,
    )
    transfers = [hour_return(organisation_id, hours)]
    row = (hour_returns, row_of(hour_returns, booked))
    await post_transfers(writer, year, "hour_return", booked.id, transfers, row=row)
    writer.record("hour-return.booked", booked.id, organisation_id=organisation_id, year=year, hours=hours)
    return booked


async def cancel_return(writer: Writer, return_id: UUID) -> HourReturn:
    # The return is locked: of two cancellations, the second one finds it cancelled.
    booked = await returns.lock(writer, return_id)
    standing = await get_standing(writer, booked.organisation_id, booked.year, "change_window")
    check_main_user(writer.actor, standing.place)
    check_cancellation(booked, standing, writer.now)
    # Others may have been granted the hours since. Who has counted the pool holds it, so that this waits for them.
    check_pool_has(await hold_pool(writer.connection, booked.year), booked)
    cancelled = await change_value(
        writer.connection,
        hour_returns,
        booked,
        state="cancelled",
        cancelled_by=writer.actor.person_id,
        cancelled_by_name=writer.actor.name,
        cancelled_at=writer.now,
    )
    transfers = [return_cancellation(booked.organisation_id, booked.hours)]
    await post_transfers(writer, booked.year, "hour_return", return_id, transfers)
    writer.record(
        "hour-return.cancelled",
        return_id,
        organisation_id=booked.organisation_id,
        year=booked.year,
        hours=booked.hours,
    )
    return cancelled


get_return = returns.get
list_returns = returns.page
