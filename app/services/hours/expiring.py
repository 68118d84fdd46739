"""What is still open in a year: end it, when the year is closed or its hours are decided."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.db.hours import expiring
from app.db.hours.decisions import find_decided
from app.db.hours.standing import find_windows
from app.db.sessions import Reader, Writer
from app.domain.hours.expiring import EVENTS, Expired, ExpiryCause, WayOn


async def expire_year(writer: Writer, year: int) -> list[Expired]:
    """End all that is open in the year, which is being closed."""
    expired = await expiring.expire_year(writer.connection, year, writer.now)
    _record(writer, expired, year, "year_closed")
    return expired


async def expire_proposals(writer: Writer, central_ids: Collection[UUID], year: int) -> None:
    """End the open proposals of organisations whose hours have just been decided, and those of their units."""
    expired = await expiring.expire_trees(writer.connection, central_ids, year, writer.now)
    _record(writer, expired, year, "decided")


async def expire_moved(writer: Writer, organisation_id: UUID) -> None:
    """End the allotment requests of a unit that moves to another central organisation, and of all below it."""
    for expired, year in await expiring.expire_requests_below(writer.connection, organisation_id, writer.now):
        _record(writer, [expired], year, "moved")


async def find_way_on(reader: Reader, central_id: UUID, year: int) -> WayOn:
    """The decision of the year, and the windows in which its hours can be changed."""
    decided = await find_decided(reader.connection, [central_id], year)
    windows = await find_windows(reader.connection, central_id, year, "change_window") if decided else []
    return WayOn(decided.get(central_id), windows)


def _record(writer: Writer, expired: Sequence[Expired], year: int, because: ExpiryCause) -> None:
    for each in expired:
        event = EVENTS[each.type]
        writer.record(
            event,
            each.id,
            organisation_id=each.organisation_id,
            because=because,
            reference=each.reference,
            year=year,
        )
