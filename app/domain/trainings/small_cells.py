"""Small cells (pienet solut): counts of people are hidden so that no figures together give one back (rulebook §7).

A count of one to four people is hidden. Hiding it alone is not enough: a total and its other parts give it back. So for
each small count an *exchange* is chosen: one person who may just as well have been counted in another row of the same
central organisation, or have been counted differently in the same row. A figure is hidden if the exchange would change
it. Every figure that is shown would then be the same if the exchange had happened, so nobody who knows all of them can
say whether it has: none of the hidden figures follows from them.

The rows of an exchange have five people or more together in each count that changes. So where a total is shown, at
least two of its parts are hidden, and these have five people or more. Where a central organisation has no such rows, a
person may just as well not have been counted at all: then the totals with this person are hidden too, up to those of
the study centre.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Generic, Literal, TypeVar

Id = TypeVar("Id", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)
Gender = Literal["female", "male", "other", "unknown"]
Measure = Literal["participants", "female", "male", "other", "unknown", "under_age"]
GENDERS: tuple[Gender, ...] = ("female", "male", "other", "unknown")
MEASURES: tuple[Measure, ...] = ("participants", *GENDERS, "under_age")
FEWEST_SHOWN = 5
"""The smallest count of people that is shown, 0 apart."""
MOST_TRIED = 500
"""Rows that are tried as the other row of an exchange: those that have most in common."""

Cell = tuple[Hashable, tuple[Hashable, ...], tuple[str, Hashable] | None]
"""What one figure of an organisation counts: the organisation, a value or None for each filter, and one value of a
dimension, or None."""


@dataclass(frozen=True)
class People:
    """Counts of people. Gender and age are known separately."""

    female: int = 0
    male: int = 0
    other: int = 0
    unknown: int = 0
    under_age: int = 0

    @property
    def participants(self) -> int:
        return self.female + self.male + self.other + self.unknown

    @property
    def of_age(self) -> int:
        return self.participants - self.under_age

    def of(self, measure: Measure) -> int:
        count: int = getattr(self, measure)
        return count


@dataclass(frozen=True)
class FigureRow(Generic[Id]):
    """Courses of one organisation that have all in common by which figures are counted."""

    id: Id
    organisation: Hashable
    above: frozenset[Hashable]
    """The organisations above it. Their figures count the row too."""
    filters: tuple[Hashable, ...]
    """Values by which figures can be filtered: type of hours, with or without subsidy, training model."""
    values: Mapping[str, Hashable]
    """The value of each dimension, for example the month."""
    people: People

    def cells(self) -> Iterator[Cell]:
        """The figures of the organisation itself that count the row."""
        filters = list(product(*((None, each) for each in self.filters)))
        groups: list[tuple[str, Hashable] | None] = [None, *self.values.items()]
        return product((self.organisation,), filters, groups)

    def is_counted_by(self, cell: Cell) -> bool:
        organisation, filters, group = cell
        return (
            organisation == self.organisation
            and all(wanted in (None, own) for wanted, own in zip(filters, self.filters, strict=True))
            and (group is None or self.values[group[0]] == group[1])
        )


Change = Mapping[Measure, int]
"""By how much the counts of a row would change."""


@dataclass(frozen=True)
class Exchange(Generic[Id]):
    """What may just as well have been the case: other counts of one row or of two, by their IDs."""

    changes: tuple[tuple[Id, Change], ...]


def exchanges_of(rows: Sequence[FigureRow[Id]]) -> list[Exchange[Id]]:
    """Return the exchanges that hide all small counts of one central organisation, none if it has none (rulebook §7).

    `rows` are all rows of the central organisation in a year. Only figures of single organisations are looked at. A
    small count of a tree has a small count of one of its organisations in it. The exchange that changes this one
    changes that of the tree too: with both rows of the exchange in it, it would be five or more.
    """
    return _Search(rows).found


def hidden_in(exchanges: Iterable[Exchange[Id]], group_of: Mapping[Id, Group]) -> dict[Group, set[Measure]]:
    """Return what is hidden of some figures that are shown side by side, each the sum of a group of rows.

    `group_of` is the group of each row that one of the figures counts, by the row's ID; other rows are in none.
    """
    hidden: dict[Group, set[Measure]] = {}
    for exchange in exchanges:
        sums: dict[Group, Counter[Measure]] = {}
        for row_id, change in exchange.changes:
            if row_id in group_of:
                sums.setdefault(group_of[row_id], Counter()).update(change)
        for group, change in sums.items():
            changed = {measure for measure, by in change.items() if by}
            if changed:
                hidden.setdefault(group, set()).update(changed)
    return hidden


class _Search(Generic[Id]):
    """Chooses exchanges until every small count changes under one of them."""

    def __init__(self, rows: Sequence[FigureRow[Id]]) -> None:
        self.found: list[Exchange[Id]] = []
        self._rows = [row for row in rows if row.people.participants]
        self._by_id = {row.id: row for row in self._rows}
        self._by_size = sorted(self._rows, key=lambda row: -row.people.participants)
        counts: dict[Cell, Counter[Measure]] = {}
        for row in self._rows:
            people = {measure: row.people.of(measure) for measure in MEASURES}
            for cell in row.cells():
                counts.setdefault(cell, Counter()).update(people)
        small: dict[tuple[Cell, Measure], int] = {
            (cell, measure): count
            for cell, of_cell in counts.items()
            for measure, count in of_cell.items()
            if 0 < count < FEWEST_SHOWN
        }
        self._covered: set[tuple[Cell, Measure]] = set()
        for row in self._rows:
            measures = [measure for measure in MEASURES if row.people.of(measure)]
            for cell in row.cells():
                for measure in measures:
                    if (cell, measure) in small and (cell, measure) not in self._covered:
                        self._hide(row, cell, measure)

    def _hide(self, row: FigureRow[Id], cell: Cell, measure: Measure) -> None:
        """Choose the exchange that takes a person from this count of the row, and changes the cell."""
        for other in self._others(row, cell):
            if exchange := _between(row, other, measure):
                break
        else:
            exchange = _alone(row, measure)
        self.found.append(exchange)
        cells: dict[Cell, Counter[Measure]] = {}
        for row_id, change in exchange.changes:
            for changed in self._by_id[row_id].cells():
                cells.setdefault(changed, Counter()).update(change)
        self._covered |= {(each, name) for each, change in cells.items() for name, by in change.items() if by}

    def _others(self, row: FigureRow[Id], cell: Cell) -> list[FigureRow[Id]]:
        """Rows that the cell does not count, those first that are counted with the row most often."""
        tried = [other for other in self._by_size if not other.is_counted_by(cell)][:MOST_TRIED]
        return sorted(tried, key=lambda other: -_common(row, other))


def _common(row: FigureRow[Id], other: FigureRow[Id]) -> int:
    """How many figures count both rows: those of the study centre, of organisations above both, and, of one
    organisation, its own and those of its tree."""
    same = row.organisation == other.organisation
    scopes = 1 + len((row.above | {row.organisation}) & (other.above | {other.organisation})) + same
    filters = 1
    for one, another in zip(row.filters, other.filters, strict=True):
        filters *= 2 if one == another else 1
    return scopes * filters * (1 + sum(other.values[name] == value for name, value in row.values.items()))


def _between(row: FigureRow[Id], other: FigureRow[Id], measure: Measure) -> Exchange[Id] | None:
    """The exchange of the two rows with the fewest changes, if there is one that leaves all counts possible."""
    people, others = row.people, other.people
    if measure == "under_age":
        # A minor of the one for an adult of the other.
        if others.under_age and people.under_age + others.under_age >= FEWEST_SHOWN and others.of_age:
            return _exchange(row, {"under_age": -1}, other, {"under_age": 1})
        return None
    if measure != "participants":
        # A person of this gender of the one for a person of another gender of the other.
        for gender in GENDERS:
            if gender != measure and _may_differ(people, others, measure, gender):
                return _exchange(row, {measure: -1, gender: 1}, other, {measure: 1, gender: -1})
    genders = GENDERS if measure == "participants" else (measure,)
    for moved in sorted(genders, key=lambda each: -people.of(each)):
        if exchange := _moved(row, other, moved):
            return exchange
    return None


def _may_differ(people: People, others: People, measure: Measure, gender: Gender) -> bool:
    """Whether both have people of both genders, and five or more in every sum of which the hidden parts are shown."""
    counts = [[each.of(name) for name in (measure, gender)] for each in (people, others)]
    in_a_row = [sum(of_row) for of_row in counts]
    of_a_gender = [sum(of_gender) for of_gender in zip(*counts, strict=True)]
    return all(map(all, counts)) and min(in_a_row + of_a_gender) >= FEWEST_SHOWN


def _moved(row: FigureRow[Id], other: FigureRow[Id], gender: Gender) -> Exchange[Id] | None:
    """The exchange that moves a person of the gender from the one to the other."""
    people, others = row.people, other.people
    changed: list[Measure] = ["participants", gender]
    if not people.of_age:
        changed.append("under_age")
    if not all(
        people.of(name) and others.of(name) and people.of(name) + others.of(name) >= FEWEST_SHOWN for name in changed
    ):
        return None
    return _exchange(row, dict.fromkeys(changed, -1), other, dict.fromkeys(changed, 1))


def _alone(row: FigureRow[Id], measure: Measure) -> Exchange[Id]:
    """The exchange within the row, or else a person who was not counted at all."""
    people = row.people
    if measure == "under_age":
        return Exchange(((row.id, {"under_age": -1}),))
    if measure != "participants":
        for gender in GENDERS:
            if gender != measure and people.of(gender) and people.of(measure) + people.of(gender) >= FEWEST_SHOWN:
                return Exchange(((row.id, {measure: -1, gender: 1}),))
    gender = max(GENDERS, key=people.of) if measure == "participants" else measure
    change: dict[Measure, int] = {"participants": -1, gender: -1}
    if not people.of_age:
        change["under_age"] = -1
    return Exchange(((row.id, change),))


def _exchange(row: FigureRow[Id], change: Change, other: FigureRow[Id], opposite: Change) -> Exchange[Id]:
    return Exchange(((row.id, change), (other.id, opposite)))
