"""Returns of hours: book, get and list."""

from uuid import UUID

from app.db.hours.ledger import post_transfers
from app.db.hours.returns import hour_returns, returns
from app.db.hours.standing import get_standing
from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import row_of
from app.domain.access import check_main_user
from app.domain.hours.ledger import hour_return
from app.domain.hours.returns import HourReturn, check_return
from app.domain.hours.standing import check_may_change


async def book_return(
    writer: Writer, *, organisation_id: UUID, year: int, hours: int, grounds: str | None
) -> HourReturn:
    standing = await get_standing(writer, organisation_id, year, "change_window", pointer="/organisation_id")
    check_main_user(writer.actor, standing.place)
    check_may_change(standing, writer.now)
    # Nothing is locked yet: two returns of the last hours, or a return and a distribution, may both pass here. The
    # ledger keeps the year open and locks the organisation's balance before it counts, so that the second one sees
    # what the first left and is refused there, with the same facts. In the same way it sees a year closed meanwhile.
    check_return(standing.common, hours)
    booked = HourReturn(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=standing.organisation_name,
        year=year,
        hours=hours,
        grounds=grounds,
        state="booked",
        booked_by=writer.actor.person_id,
        booked_at=writer.now,
    )
    transfers = [hour_return(organisation_id, hours)]
    row = (hour_returns, row_of(hour_returns, booked))
    await post_transfers(writer, year, "hour_return", booked.id, transfers, row=row)
    writer.record("hour-return.booked", booked.id, organisation_id=organisation_id, year=year, hours=hours)
    return booked


get_return = returns.get
list_returns = returns.page
