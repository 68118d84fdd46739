"""Whole calendars: look at a year, copy one to another."""

from datetime import date
from functools import cache

import holidays

from app.db.calendar.deadlines import check_apart, deadlines, list_of_year, lock_calendars
from app.db.identifiers import new_id
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row
from app.domain.access import check_staff
from app.domain.calendar.years import Calendar, check_still_empty, copied_deadlines
from app.domain.errors import NotFound


@cache
def _is_public_holiday(day: date) -> bool:
    return day in holidays.country_holidays("FI", years=day.year)


async def get_calendar(reader: Reader, year: int) -> Calendar:
    return Calendar(year, await list_of_year(reader, year))


async def copy_calendar(writer: Writer, year: int, *, from_year: int) -> Calendar:
    """The year's calendar from another's, every deadline to be confirmed."""
    await lock_calendars(writer.connection)
    source = await list_of_year(writer, from_year)
    if all(deadline.organisation_id for deadline in source):
        raise NotFound(pointer="/from_year")
    check_staff(writer.actor)
    check_still_empty(year, await list_of_year(writer, year))
    for copy in copied_deadlines(source, from_year, year, _is_public_holiday):
        copy_id = new_id()
        # The calendar of another year may hold days for the same hours.
        await check_apart(
            writer.connection,
            copy_id,
            kind=copy.kind,
            hours_year=copy.hours_year,
            organisation_id=None,
            opens_on=copy.opens_on,
            closes_on=copy.closes_on,
        )
        await insert_row(
            writer.connection,
            deadlines,
            id=copy_id,
            year=year,
            kind=copy.kind,
            hours_year=copy.hours_year,
            opens_on=copy.opens_on,
            closes_on=copy.closes_on,
            confirmed=False,
            note=copy.note,
            created_at=writer.now,
        )
        writer.record(
            "deadline.made",
            copy_id,
            kind=copy.kind,
            year=year,
            hours_year=copy.hours_year,
            opens_on=copy.opens_on,
            closes_on=copy.closes_on,
            confirmed=False,
            copied_from=from_year,
        )
    return Calendar(year, await list_of_year(writer, year))
