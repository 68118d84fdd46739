"""Hour accounts (tuntitili): what an organisation was granted for a year and where those hours are (rulebook §3.12)."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.access import Place
from app.domain.hours.ledger import HourType
from app.domain.organisations.organisations import DrawsOn
from app.domain.values import Shown


@dataclass(frozen=True)
class Balance:
    """One holder's accounts of a year, under one central organisation: its own or a unit's."""

    organisation_id: UUID
    name: str
    stands_there: bool
    """False if the unit has since moved to another central organisation. What it drew on stays behind."""
    common: int
    allotment: int
    """Free hours of the allotment."""
    reserved: int
    used: int
    lapsed: int
    returned: int
    allotment_lapsed: int

    @property
    def allotted(self) -> int:
        """The unit's total allotment. 0 for a central organisation, which has none."""
        return self.allotment + self.reserved + self.used + self.allotment_lapsed


@dataclass(frozen=True)
class Books:
    """An organisation with the balances of a year: all of its tree's for a central organisation; for a unit its own and
    the central organisation's."""

    place: Place
    year: int
    draws_on: DrawsOn
    """The central organisation's setting."""
    hour_type: HourType
    balances: list[Balance]

    def balance_of(self, organisation_id: UUID) -> Balance:
        """The holder's balance, with zeros if nothing was ever booked."""
        found = next((balance for balance in self.balances if balance.organisation_id == organisation_id), None)
        return found or Balance(organisation_id, "", True, 0, 0, 0, 0, 0, 0, 0)

    @property
    def central(self) -> Balance:
        return self.balance_of(self.place.central_organisation_id)

    @property
    def allotments(self) -> list[Balance]:
        """The balances of units with an allotment or with hours drawn on one."""
        central_id = self.place.central_organisation_id
        return [holder for holder in self.balances if holder.organisation_id != central_id and holder.allotted]


@dataclass(frozen=True)
class UnitHours(Shown):
    organisation_id: UUID
    """ID of the unit."""
    name: str
    """Name of the unit."""
    allotted: int
    """Total allotment of the unit: `available + reserved + used + lapsed`."""
    reserved: int
    """Reserved hours of the allotment."""
    used: int
    """Used hours of the allotment."""
    lapsed: int
    """Hours of the allotment that lapsed when the year was closed."""
    available: int
    """Hours of the allotment that are still free."""


@dataclass(frozen=True)
class CentralAccount(Shown):
    """Hours of a central organisation: `granted = returned + lapsed + available + Σ units.available +
    reserved + used`."""

    organisation_id: UUID
    year: int
    hour_type: HourType
    """Type of the hours."""
    granted: int
    """Hours granted, with supplementary grants and corrections included."""
    distributed: int
    """Hours allotted to units: `Σ units.allotted`."""
    reserved: int
    """Hours reserved by the complete tree."""
    used: int
    """Hours used by the complete tree."""
    returned: int
    """Hours returned to the study centre's pool."""
    lapsed: int
    """Hours of the complete tree that lapsed when the year was closed."""
    available: int
    """Free common hours, for every unit that may draw on them."""
    units: list[UnitHours]
    """Units that have an allotment or hours drawn on one."""


@dataclass(frozen=True)
class UnitAccount(Shown):
    organisation_id: UUID
    """ID of the unit."""
    year: int
    hour_type: HourType
    """Type of the hours."""
    central_organisation_id: UUID
    allotted: int
    """Total allotment of the unit: `available + reserved + used + lapsed`."""
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


def account_of(books: Books) -> CentralAccount | UnitAccount:
    return _central_account_of(books) if books.place.is_central else _unit_account_of(books)


def _central_account_of(books: Books) -> CentralAccount:
    central = books.central
    units = [
        UnitHours(
            organisation_id=unit.organisation_id,
            name=unit.name,
            allotted=unit.allotted,
            reserved=unit.reserved,
            used=unit.used,
            lapsed=unit.allotment_lapsed,
            available=unit.allotment,
        )
        for unit in books.allotments
    ]
    reserved = central.reserved + sum(unit.reserved for unit in units)
    used = central.used + sum(unit.used for unit in units)
    free = central.common + sum(unit.available for unit in units)
    return CentralAccount(
        organisation_id=books.place.organisation_id,
        year=books.year,
        hour_type=books.hour_type,
        granted=central.returned + central.lapsed + free + reserved + used,
        distributed=sum(unit.allotted for unit in units),
        reserved=reserved,
        used=used,
        returned=central.returned,
        lapsed=central.lapsed,
        available=central.common,
        units=units,
    )


def _unit_account_of(books: Books) -> UnitAccount:
    own = books.balance_of(books.place.organisation_id)
    # Every unit draws hours of peer groups from common.
    draws_on_common = books.hour_type == "peer_group" or books.draws_on == "allotment_then_common"
    return UnitAccount(
        organisation_id=own.organisation_id,
        year=books.year,
        hour_type=books.hour_type,
        central_organisation_id=books.place.central_organisation_id,
        allotted=own.allotted,
        reserved=own.reserved,
        used=own.used,
        lapsed=own.allotment_lapsed,
        available=own.allotment,
        common_available=books.central.common if draws_on_common else None,
    )
