"""The wheel of a year's calendar: get."""

from uuid import UUID

from app.db.calendar.deadlines import list_of_year
from app.db.calendar.wheels import list_days_of
from app.db.organisations.organisations import get_named_place
from app.db.sessions import Reader
from app.domain.access import check_reach
from app.domain.calendar.wheels import WheelDay, YearWheel, wheel_of


async def get_wheel(reader: Reader, year: int, *, organisation_id: UUID | None = None) -> YearWheel:
    """The wheel of all deadlines that the caller sees or, with the extensions, of those of an organisation."""
    name = None
    if organisation_id is None:
        seen = await list_of_year(reader, year)
        days = [
            WheelDay(each.id, each.kind, each.hours_year, each.opens_on, each.closes_on, None, each.confirmed)
            for each in seen
        ]
    else:
        named = await get_named_place(reader.connection, organisation_id)
        check_reach(reader.actor, named.place)
        name = named.name
        days = await list_days_of(reader.connection, organisation_id, year)
    return wheel_of(year, name, days, reader.now)
