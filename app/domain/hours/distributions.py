"""Distributions (tuntien sisäinen jako): the requested allotments become transfers (rulebook §3.3)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domain.errors import AllotmentInUse, NotFound, QuotaExceeded, RunsNoTrainings
from app.domain.hours.accounts import Balance, Books
from app.domain.hours.ledger import Transfer, distribution, recall
from app.domain.lists import check_once
from app.domain.organisations.membership import check_unit_active
from app.domain.values import Shown


@dataclass(frozen=True)
class Allotment(Shown):
    unit_id: UUID
    """ID of the unit."""
    hours: int
    """Total allotment, including reserved and used hours."""


@dataclass(frozen=True)
class Recipient:
    """An organisation that hours are to be given to."""

    organisation_id: UUID
    may_run: bool
    """Whether it may run subsidised training courses and peer groups."""
    active_from: date
    active_until: date | None


@dataclass(frozen=True)
class Distribution(Shown):
    organisation_id: UUID
    year: int
    revision: int
    """Number of times the distribution has been set, 0 if never."""
    units: list[Allotment]
    """Units with an allotment. All other units have 0 hours."""


def distribution_of(books: Books, revision: int) -> Distribution:
    units = [Allotment(unit.organisation_id, unit.allotted) for unit in _in_its_hands(books)]
    return Distribution(books.place.organisation_id, books.year, revision, units)


def _in_its_hands(books: Books) -> list[Balance]:
    """Return the allotments that the central organisation can still change, without those of units that moved away."""
    return [unit for unit in books.allotments if unit.stands_there]


def check_each_once(wished: Sequence[Allotment]) -> None:
    """Check that a unit occurs once. Raise Invalid."""
    check_once((allotment.unit_id for allotment in wished), "/units/{}/unit_id")


def check_below(organisation_id: UUID, wished: Sequence[Allotment], found: Collection[UUID]) -> None:
    """Check that every unit is below the organisation. `found` is the organisation and everything below it. Raise
    NotFound."""
    for index, allotment in enumerate(wished):
        if allotment.unit_id == organisation_id or allotment.unit_id not in found:
            raise NotFound(pointer=f"/units/{index}/unit_id")


def check_recipients(
    books: Books, wished: Sequence[Allotment], recipients: Mapping[UUID, Recipient], today: date
) -> None:
    """Check that units that have ended or may not run courses get no more hours. They keep what they have
    (rulebook §3.3, §6.7).

    Raise NotAMember, RunsNoTrainings.
    """
    held = {unit.organisation_id: unit.allotted for unit in _in_its_hands(books)}
    for index, allotment in enumerate(wished):
        if allotment.hours > held.get(allotment.unit_id, 0):
            check_may_receive(books.year, recipients[allotment.unit_id], today, pointer=f"/units/{index}")


def check_may_receive(year: int, recipient: Recipient, today: date, *, pointer: str | None = None) -> None:
    """Check that a unit may be given hours of the year. Raise NotAMember, RunsNoTrainings."""
    check_unit_active(year, recipient.active_from, recipient.active_until, today, pointer=pointer)
    if not recipient.may_run:
        raise RunsNoTrainings(pointer=pointer, unit_id=recipient.organisation_id)


def transfers_of(books: Books, wished: Sequence[Allotment]) -> list[Transfer]:
    """Return the transfers, recalls first, so that recalled hours can be given out in the same request.

    Raise AllotmentInUse, QuotaExceeded.
    """
    held = {unit.organisation_id: unit for unit in _in_its_hands(books)}
    central_id = books.place.central_organisation_id
    recalls, increases = [], []
    for unit_id, hours, pointer in _whole(wished, held):
        unit = held.get(unit_id)
        in_use = unit.reserved + unit.used if unit else 0
        if hours < in_use:
            raise AllotmentInUse(pointer=pointer, unit_id=unit_id, in_use=in_use, asked=hours)
        change = hours - (unit.allotted if unit else 0)
        if change < 0:
            recalls.append(recall(central_id, unit_id, -change))
        elif change > 0:
            increases.append(distribution(central_id, unit_id, change))
    available = books.central.common + sum(transfer.hours for transfer in recalls)
    asked = sum(transfer.hours for transfer in increases)
    if asked > available:
        raise QuotaExceeded(available=available, asked=asked)
    return recalls + increases


def _whole(wished: Sequence[Allotment], held: Collection[UUID]) -> Iterator[tuple[UUID, int, str | None]]:
    """Return each unit with its requested hours and their place in the request. Units left out get 0."""
    for index, allotment in enumerate(wished):
        yield allotment.unit_id, allotment.hours, f"/units/{index}"
    named = {allotment.unit_id for allotment in wished}
    for unit_id in held:
        if unit_id not in named:
            yield unit_id, 0, None
