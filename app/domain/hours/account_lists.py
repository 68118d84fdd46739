"""All hour accounts of a year beside each other, of central organisations or of units (rulebook §3.12)."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from app.domain.hours.ledger import HourType
from app.domain.values import Shown

Level = Literal["central", "units"]
Sort = Literal["name", "available", "used_share"]


@dataclass(frozen=True)
class YearBefore(Shown):
    """Hours of the previous year, for comparison."""

    granted: int
    """Hours granted. Of a unit: hours allotted."""
    used: int
    """Hours used."""
    returned: int
    """Hours returned to the study centre's pool. 0 for units."""
    lapsed: int
    """Hours that lapsed when the year was closed."""


@dataclass(frozen=True)
class CentralItem(Shown):
    """A central organisation's hours: `granted = returned + lapsed + available + units_available + reserved + used`."""

    organisation_id: UUID
    name: str
    """Name of the organisation."""
    year: int
    granted: int
    """Hours granted, with supplementary grants and corrections included."""
    distributed: int
    """Hours allotted to units."""
    reserved: int
    """Hours reserved by the complete tree."""
    used: int
    """Hours used by the complete tree."""
    returned: int
    """Hours returned to the study centre's pool."""
    lapsed: int
    """Hours of the complete tree that lapsed when the year was closed."""
    available: int
    """Free common hours."""
    units_available: int
    """Free hours of the units' allotments."""
    proposed: int | None
    """Hours of the submitted or decided proposal for the year. `null` if there is none."""
    previous_year: YearBefore
    """Hours of the previous year."""
    hour_type: HourType
    """Type of the hours."""


@dataclass(frozen=True)
class UnitItem(Shown):
    """A unit's hours: `allotted = available + reserved + used + lapsed`."""

    organisation_id: UUID
    """ID of the unit."""
    name: str
    """Name of the unit."""
    year: int
    central_organisation_id: UUID
    allotted: int
    """Total allotment of the unit."""
    reserved: int
    """Reserved hours of the allotment."""
    used: int
    """Used hours of the allotment."""
    lapsed: int
    """Hours of the allotment that lapsed when the year was closed."""
    available: int
    """Hours of the allotment that are still free."""
    common_available: int | None
    """Free common hours of the central organisation. `null` if the unit may not draw on them."""
    proposed: int | None
    """Hours of the submitted, included or decided proposal for the year. `null` if there is none."""
    previous_year: YearBefore
    """Hours of the previous year under the present central organisation."""
    hour_type: HourType
    """Type of the hours."""


@dataclass(frozen=True)
class CentralTotals(Shown):
    """Sums over all organisations that match, whatever the page."""

    organisations: int
    """Number of organisations."""
    granted: int
    """Sum of `granted`."""
    distributed: int
    """Sum of `distributed`."""
    reserved: int
    """Sum of `reserved`."""
    used: int
    """Sum of `used`."""
    returned: int
    """Sum of `returned`."""
    lapsed: int
    """Sum of `lapsed`."""
    available: int
    """Sum of `available`."""
    units_available: int
    """Sum of `units_available`."""
    proposed: int
    """Sum of `proposed`."""
    previous_year: YearBefore
    """Sums of the previous year."""


@dataclass(frozen=True)
class UnitTotals(Shown):
    """Sums over all units that match, whatever the page."""

    organisations: int
    """Number of units."""
    allotted: int
    """Sum of `allotted`."""
    reserved: int
    """Sum of `reserved`."""
    used: int
    """Sum of `used`."""
    lapsed: int
    """Sum of `lapsed`."""
    available: int
    """Sum of `available`."""
    proposed: int
    """Sum of `proposed`."""
    previous_year: YearBefore
    """Sums of the previous year."""
