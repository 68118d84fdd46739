"""Charts of hours (tuntikaaviot): the figures that the pictures show (rulebook §3.12)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.domain.access import Place
from app.domain.hours.explanations import ExplanationStep
from app.domain.values import Shown

Chart = Literal["tree", "flow", "years", "usage"]
FirstAccount = Literal["pool", "common", "allotment"]
MOST_UNITS = 50
"""Organisations that a tree shows one by one."""
YEARS = 5


@dataclass(frozen=True)
class HoursChart(Shown):
    organisation_name: str
    """Name of the organisation in Finnish. Of the study centre's own chart: name of the study centre."""
    year: int
    at: datetime | None
    """Time whose hours are shown. `null` if they are the present ones."""


@dataclass(frozen=True)
class HeldHours(Shown):
    """Hours: `allotted = available + reserved + used + lapsed`."""

    allotted: int
    """Hours received, without those given on or returned."""
    reserved: int
    """Reserved hours."""
    used: int
    """Used hours."""
    lapsed: int
    """Hours that lapsed when the year was closed."""
    available: int
    """Hours that are still free."""


@dataclass(frozen=True)
class Holder(HeldHours):
    """An organisation with its hours."""

    organisation_id: UUID
    name: str
    above: Sequence[UUID]
    """IDs of the organisations above it, the nearest first."""


@dataclass(frozen=True)
class SeveralHolders(HeldHours):
    organisations: int
    """Number of organisations."""


NOBODY = SeveralHolders(0, 0, 0, 0, 0, organisations=0)
Shares = Sequence[tuple[Holder, SeveralHolders]]
"""The organisation that is asked about and those with most hours below it; with each the sums of all below it."""


@dataclass(frozen=True)
class TreeNode(HeldHours):
    """An organisation's own hours. Of a central organisation: its common hours; in the study centre's tree those of its
    complete tree."""

    organisation_id: UUID | None
    """ID of the organisation. `null` if it is the study centre with the free hours of its pool."""
    name: str
    """Name of the organisation."""
    parent_id: UUID | None
    """ID of the nearest organisation above that is in the tree. `null` if none is."""


@dataclass(frozen=True)
class HoursTree(HoursChart):
    first_account: FirstAccount
    """Account that the hours of the first node are from. `pool`: free hours of the study centre's pool. `common`:
    hours that a central organisation has not distributed. `allotment`: hours of the unit's own allotment."""
    nodes: list[TreeNode]
    """The organisation or study centre itself, then the 50 organisations below it that have the most hours, each below
    its parent."""
    others: SeveralHolders | None
    """All other organisations with hours, together. `null` if there are none."""


@dataclass(frozen=True)
class HoursFlow(HoursChart):
    steps: list[ExplanationStep]
    """Steps by which the free hours came to be, one for each kind of transfer that touched their account."""


@dataclass(frozen=True)
class YearOfHours(Shown):
    year: int
    granted: int
    """Hours granted, with supplementary grants and corrections included. Of a unit: hours allotted."""
    used: int
    """Hours used."""
    returned: int
    """Hours returned to the study centre's pool. 0 for units."""
    lapsed: int
    """Hours that lapsed when the year was closed."""


@dataclass(frozen=True)
class HoursOfYears(HoursChart):
    years: list[YearOfHours]
    """The four years before and the year itself, the earliest first."""


@dataclass(frozen=True)
class MonthOfHours(Shown):
    month: str
    """Month, for example `2023-03`."""
    reserved: int
    """Hours reserved at the end of the month."""
    used: int
    """Hours used by the end of the month."""


@dataclass(frozen=True)
class HoursUsage(HoursChart):
    months: list[MonthOfHours]
    """Months from January to that of the year's last transfer, which may be in a later year."""


Figures = HoursTree | HoursFlow | HoursOfYears | HoursUsage


def tree_of(first: TreeNode, shares: Shares) -> tuple[list[TreeNode], SeveralHolders | None]:
    """The first node and those with most hours below it, each followed by its own; and the rest together."""
    units = [each for each, _ in shares if each.organisation_id != first.organisation_id][:MOST_UNITS]
    ids = {each.organisation_id for each in units}
    below = defaultdict[UUID | None, list[TreeNode]](list)
    for unit in units:
        parent_id = next((above for above in unit.above if above in ids), first.organisation_id)
        below[parent_id].append(_node_of(unit, parent_id))
    total = shares[0][1] if shares else NOBODY
    return list(_in_order(first, below)), _others_of(total, units)


def pool_node_of(name: str, available: int) -> TreeNode:
    """The study centre with the hours that nobody has been granted."""
    return TreeNode(available, 0, 0, 0, available, organisation_id=None, name=name, parent_id=None)


def first_account_of(place: Place | None) -> FirstAccount:
    """`place` of None is the study centre."""
    if place is None:
        return "pool"
    return "common" if place.is_central else "allotment"


def first_node_of(place: Place, name: str, shares: Shares) -> TreeNode:
    """The organisation that a tree is of, with its own hours.

    What lapsed of its units' hours is on a central organisation's account, and is shown with the units.
    """
    found = next((own for own in shares if own[0].organisation_id == place.organisation_id), None)
    if found is None:
        return TreeNode(0, 0, 0, 0, 0, organisation_id=place.organisation_id, name=name, parent_id=None)
    own, units = found
    if place.is_central:
        own = replace(own, allotted=own.allotted - units.lapsed, lapsed=own.lapsed - units.lapsed)
    return _node_of(own, None)


def _node_of(holder: Holder, parent_id: UUID | None) -> TreeNode:
    return TreeNode(**_hours_of(holder), organisation_id=holder.organisation_id, name=holder.name, parent_id=parent_id)


def _in_order(node: TreeNode, below: Mapping[UUID | None, list[TreeNode]]) -> Iterator[TreeNode]:
    yield node
    for child in below[node.organisation_id]:
        yield from _in_order(child, below)


def _others_of(total: SeveralHolders, shown: Collection[HeldHours]) -> SeveralHolders | None:
    if total.organisations == len(shown):
        return None
    rest = {name: hours - sum(getattr(each, name) for each in shown) for name, hours in _hours_of(total).items()}
    return SeveralHolders(**rest, organisations=total.organisations - len(shown))


def _hours_of(held: HeldHours) -> dict[str, int]:
    return {field.name: getattr(held, field.name) for field in fields(HeldHours)}


def years_of(year: int, found: Iterable[YearOfHours]) -> list[YearOfHours]:
    """The year and the four before it, also those without hours."""
    known = {each.year: each for each in found}
    return [known.get(each) or YearOfHours(each, 0, 0, 0, 0) for each in range(year - YEARS + 1, year + 1)]


@dataclass(frozen=True)
class MonthsMoves:
    """What the transfers of one month added to the accounts, below 0 if they took some."""

    month: date
    """Its first day."""
    reserved: int
    used: int


def months_of(year: int, moves: Sequence[MonthsMoves]) -> list[MonthOfHours]:
    """The sums at the end of each month until that of the last transfer. What moved before January counts from then on.

    `moves` has the months in their order, without those in which nothing moved.
    """
    months = []
    last = moves[-1].month if moves else date.min
    for number in range(12 * (last.year - year) + last.month):
        month = date(year + number // 12, number % 12 + 1, 1)
        until = [each for each in moves if each.month <= month]
        reserved, used = sum(each.reserved for each in until), sum(each.used for each in until)
        months.append(MonthOfHours(f"{month:%Y-%m}", reserved, used))
    return months
