"""Membership (jäsenyys): the days in which a central organisation belongs to the study centre (rulebook §6.1)."""

from datetime import date

from app.domain.errors import NotAMember


def is_member_in(year: int, active_from: date, active_until: date | None) -> bool:
    """Whether any day of the year is within the membership."""
    return active_from <= date(year, 12, 31) and (active_until is None or date(year, 1, 1) <= active_until)


def check_member_in(year: int, active_from: date, active_until: date | None, *, pointer: str | None = None) -> None:
    """Check that the central organisation is a member in the year. Raise NotAMember."""
    if not is_member_in(year, active_from, active_until):
        raise NotAMember(pointer=pointer, year=year, active_from=active_from, active_until=active_until)
