"""Calendars of a year: get one, copy one to another year."""

from datetime import date
from functools import cache

from app.db.calendar.deadlines import list_of_year, lock_calendars
from app.db.identifiers import new_id
from app.db.sessions import Reader, Writer
from app.domain.access import check_staff
from app.domain.calendar.deadlines import Deadline, state_of
from app.domain.calendar.years import Calendar, check_still_empty, copied_deadlines
from app.domain.errors import NotFound
from app.services.calendar.deadlines import add_deadline


@cache
def _is_public_holiday(day: date) -> bool:
    # The library holds the holidays of the world, which copying a calendar alone needs.
    import holidays

    return day in holidays.country_holidays("FI", years=day.year)


async def get_calendar(reader: Reader, year: int) -> Calendar:
    return Calendar(year, await list_of_year(reader, year))


async def copy_calendar(writer: Writer, year: int, *, from_year: int) -> Calendar:
    """Copy the calendar of another year. None of the copies is confirmed."""
    await lock_calendars(writer.connection)
    source = await list_of_year(writer, from_year)
    if all(deadline.organisation_id for deadline in source):
        raise NotFound(pointer="/from_year")
    check_staff(writer.actor)
    check_still_empty(year, await list_of_year(writer, year))
    for copy in copied_deadlines(source, from_year, year, _is_public_holiday):
        state = state_of(copy.opens_on, copy.closes_on, writer.now)
        days = copy.opens_on, copy.closes_on
        deadline = Deadline(new_id(), year, copy.kind, copy.hours_year, None, *days, False, copy.note, state)
        # The calendar of another year may have days for the same hours.
        await add_deadline(writer, deadline, copied_from=from_year)
    return Calendar(year, await list_of_year(writer, year))
