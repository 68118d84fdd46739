"""Membership (jäsenyys): the days in which an organisation belongs to the study centre or to its central organisation
(rulebook §6.1)."""

from datetime import date

from app.domain.errors import NotAMember


def is_member_in(year: int, active_from: date, active_until: date | None) -> bool:
    """Whether any day of the year is within the membership."""
    return active_from <= date(year, 12, 31) and (active_until is None or date(year, 1, 1) <= active_until)


def check_member_in(year: int, active_from: date, active_until: date | None, *, pointer: str | None = None) -> None:
    """Check that the central organisation is a member in the year. Raise NotAMember."""
    if not is_member_in(year, active_from, active_until):
        raise NotAMember(pointer=pointer, year=year, active_from=active_from, active_until=active_until)


def is_member_on(day: date, active_from: date, active_until: date | None) -> bool:
    """Whether the day is within the membership."""
    return active_from <= day and (active_until is None or day <= active_until)


def check_member_on(day: date, active_from: date, active_until: date | None, *, pointer: str | None = None) -> None:
    """Check that the day is within the membership. Raise NotAMember."""
    if not is_member_on(day, active_from, active_until):
        raise NotAMember(pointer=pointer, year=day.year, active_from=active_from, active_until=active_until)


def is_unit_active(year: int, active_from: date, active_until: date | None, today: date) -> bool:
    """Whether the unit exists in the year and has not ended."""
    return is_member_in(year, active_from, active_until) and (active_until is None or today <= active_until)


def check_unit_active(
    year: int, active_from: date, active_until: date | None, today: date, *, pointer: str | None = None
) -> None:
    """Check that the unit exists in the year and has not ended: one that has is given no hours and proposes none.

    Raise NotAMember.
    """
    if not is_unit_active(year, active_from, active_until, today):
        raise NotAMember(pointer=pointer, year=year, active_from=active_from, active_until=active_until)
