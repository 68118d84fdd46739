"""What an organisation may do with the hours of a year: its membership, its windows and the state of the year."""

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.access import Place
from app.domain.calendar.deadlines import Window, check_window_open, day_of
from app.domain.errors import NotCentral
from app.domain.hours.years import check_year_open
from app.domain.organisations.membership import check_member_in, check_unit_active
from app.domain.organisations.organisations import OrganisationKind


@dataclass(frozen=True)
class Standing:
    place: Place
    organisation_name: str
    year: int
    active_from: date
    """First day of the central organisation's membership. Its last day is `active_until`."""
    active_until: date | None
    own_active_from: date
    """First day of the organisation itself, which may be a unit. Its last day is `own_active_until`."""
    own_active_until: date | None
    units_propose: bool
    closed_at: datetime | None
    """When the year was closed."""
    windows: list[Window]
    """Confirmed windows of the requested kind, with the organisation's own extensions."""
    common: int
    """Free hours in the central organisation's common account."""
    kind: OrganisationKind = "association"
    """Kind of the organisation."""
    reference: str | None = None
    """The reference taken for what is being made."""


def check_central(place: Place, *, pointer: str | None = None) -> None:
    """Check that it is a central organisation: the study centre deals with no others (rulebook §3.2, §3.4).

    Raise NotCentral.
    """
    if not place.is_central:
        raise NotCentral(pointer=pointer, organisation_id=place.organisation_id)


def check_year(standing: Standing, now: datetime) -> None:
    """Check that the year is open, the central organisation a member in it, and a unit active (rulebook §3.13, §6.1).

    Raise YearClosed, NotAMember.
    """
    check_year_open(standing.year, standing.closed_at)
    check_member(standing, now)


def check_member(standing: Standing, now: datetime) -> None:
    """Check that the central organisation is a member in the year, and a unit active (rulebook §6.1).

    Raise NotAMember.
    """
    check_member_in(standing.year, standing.active_from, standing.active_until)
    if not standing.place.is_central:
        check_unit_active(standing.year, standing.own_active_from, standing.own_active_until, day_of(now))


def check_may_change(standing: Standing, now: datetime) -> None:
    """Check that a central organisation may request or return hours: a change window is open (rulebook §3.4).

    Raise NotCentral, YearClosed, NotAMember, WindowClosed.
    """
    check_central(standing.place)
    check_year(standing, now)
    check_window_open("change_window", standing.windows, now)
