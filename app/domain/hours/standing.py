"""How an organisation stands towards the hours of a year, and what that lets it do."""

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.access import Place
from app.domain.calendar.deadlines import Window, check_window_open
from app.domain.errors import NotCentral
from app.domain.hours.years import check_year_open
from app.domain.organisations.membership import check_member_in


@dataclass(frozen=True)
class Standing:
    place: Place
    organisation_name: str
    year: int
    active_from: date
    """First day of the central organisation's membership. Its last day is `active_until`."""
    active_until: date | None
    units_propose: bool
    closed_at: datetime | None
    """When the year was closed."""
    windows: list[Window]
    """Confirmed windows of the requested kind, with the organisation's own extensions."""
    common: int
    """Free hours in the central organisation's common account."""


def check_central(place: Place, *, pointer: str | None = None) -> None:
    """Raises NotCentral: the study centre deals with central organisations only (rulebook §3.2, §3.4)."""
    if not place.is_central:
        raise NotCentral(pointer=pointer, organisation_id=place.organisation_id)


def check_year(standing: Standing) -> None:
    """The year is not closed, and the central organisation a member in it (rulebook §3.13, §6.1).

    Raises YearClosed, NotAMember.
    """
    check_year_open(standing.year, standing.closed_at)
    check_member_in(standing.year, standing.active_from, standing.active_until)


def check_may_change(standing: Standing, now: datetime) -> None:
    """A central organisation may ask for more, or return some, in an open change window (rulebook §3.4).

    Raises NotCentral, YearClosed, NotAMember, WindowClosed.
    """
    check_central(standing.place)
    check_year(standing)
    check_window_open("change_window", standing.windows, now)
