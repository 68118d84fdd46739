"""Statistics (tilastot) of training courses and peer groups: hours, courses, people, costs, use and forecast (rulebook
§7)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from app.domain.access import Actor, Place, check_reach, check_staff_or_auditor
from app.domain.errors import NotFound
from app.domain.trainings.small_cells import Measure
from app.domain.trainings.support_rules import Activity
from app.domain.values import WORDS, Shown

By = Literal["organisation", "month", "topic", "mode", "municipality", "activity"]
TOTAL = "total"
"""Key of the total where it is a row."""
FEWEST_DAYS = 30
"""Days from the beginning of the year from which a forecast is made."""


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for."""

    year: int
    organisation_id: UUID | None
    under: UUID | None
    by: By | None
    hour_type: Activity | None
    supported: bool | None
    model_id: UUID | None


@dataclass(frozen=True)
class Scope:
    """What a statistic counts: courses of one organisation, of a tree, or of the complete study centre."""

    year: int
    organisation_id: UUID | None
    under: UUID | None
    central_organisation_id: UUID | None
    """The central organisation of the organisation or the tree. None for the study centre."""

    @property
    def has_account(self) -> bool:
        """Whether the scope has an account of its own, from which its courses draw: a central organisation's tree, or
        the study centre."""
        return self.organisation_id is None and self.under == self.central_organisation_id


@dataclass(frozen=True)
class Names:
    """The names of a group."""

    name: str | None = None
    name_sv: str | None = None
    name_en: str | None = None


@dataclass(frozen=True)
class Group(Shown):
    """What the figures of a row have in common."""

    key: str | None
    """Value that the row counts: an ID, a month (`2024-03`) or a code. `null` if it is not known, or the course is
    online."""
    name: str | None
    """Name of the organisation or topic class, in Finnish. `null` if the value has no name."""
    name_sv: str | None
    """Name in Swedish. `null` if there is none."""
    name_en: str | None
    """Name in English. `null` if there is none."""


@dataclass(frozen=True)
class Hours(Shown):
    planned: int
    """Hours of plans that have been submitted or approved."""
    reserved: int
    """Hours that are reserved now."""
    used: int
    """Hours that cost statements have used."""


@dataclass(frozen=True)
class HoursOfGroup(Hours, Group):
    """Hours of one group of courses."""


@dataclass(frozen=True)
class HoursInTotal(Hours):
    granted: int | None
    """Hours granted. `null` if the scope has no account of its own."""
    returned: int | None
    """Hours returned. `null` if the scope has no account of its own."""
    lapsed: int | None
    """Hours that lapsed when the year was closed. `null` if the scope has no account of its own."""
    available: int | None
    """Free hours, allotments included. `null` if the scope has no account of its own."""


@dataclass(frozen=True)
class Courses(Shown):
    planned: int
    """Number of plans that have been submitted or approved."""
    approved: int
    """Number of approved plans."""
    held: int
    """Number of courses with an approved cost statement."""
    cancelled: int
    """Number of cancelled courses."""


@dataclass(frozen=True)
class CoursesOfGroup(Courses, Group):
    """Numbers of one group of courses."""


@dataclass(frozen=True)
class Costs(Shown):
    costs_cents: int
    """Costs of approved cost statements, in cents."""
    support_cents: int
    """Support of approved cost statements, in cents."""


@dataclass(frozen=True)
class CostsOfGroup(Costs, Group):
    """Costs of one group of courses."""


@dataclass(frozen=True)
class Participants(Shown):
    participants: int | None
    """Number of participants in approved cost statements. `null` if it is hidden."""
    distinct: int | None
    """Number of different participants, by their email addresses. One without an address counts by itself. `null` if it
    is hidden."""
    female: int | None
    """Number of female participants. `null` if it is hidden."""
    male: int | None
    """Number of male participants. `null` if it is hidden."""
    other: int | None
    """Number of participants of another gender. `null` if it is hidden."""
    unknown: int | None
    """Number of participants whose gender is not known. `null` if it is hidden."""
    under_age: int | None
    """Number of participants too young to count for the support. `null` if it is hidden."""
    hidden: list[str] = field(metadata={WORDS: True})
    """Names of the fields that are hidden, because a count of one to four people could be found out."""


@dataclass(frozen=True)
class ParticipantsOfGroup(Participants, Group):
    """Participants of one group of courses."""


@dataclass(frozen=True)
class UsageOfYear(Shown):
    granted: int | None
    """Hours granted. `null` if the scope has no account of its own."""
    reserved: int
    """Hours that are reserved."""
    used: int
    """Hours that were used."""


@dataclass(frozen=True)
class Usage(UsageOfYear):
    previous_year: UsageOfYear
    """Hours of the year before."""


@dataclass(frozen=True)
class UsageOfGroup(Usage, Group):
    """Use of hours by one group of courses."""


@dataclass(frozen=True)
class Basis(Shown):
    """What a forecast is based on."""

    from_on: date
    """First day that is counted, 1 January."""
    until_on: date
    """Last day that is counted."""
    hours: int
    """Hours reserved and used by that day."""
    available: int
    """Free hours, allotments included."""


@dataclass(frozen=True)
class Forecast(Shown):
    ends_on: date | None
    """Day on which the hours will have been taken, if they go on as from 1 January to today. `null` if
    fewer than 30 days of the year have passed, nothing has been taken, or the hours will last until its end."""
    basis: Basis | None
    """Basis of the forecast. `null` if there is none yet."""


@dataclass(frozen=True)
class HoursStatistic(Shown):
    what: Literal["hours"]
    """Kind of the statistic."""
    year: int
    by: By | None
    """Grouping of the rows. `null` if there are none."""
    as_of: datetime | None
    """When the figures last changed, in real time. `null` if there are none."""
    items: list[HoursOfGroup]
    """Figures by group. Empty without `by`."""
    total: HoursInTotal
    """Figures of the complete scope."""


@dataclass(frozen=True)
class CoursesStatistic(Shown):
    what: Literal["trainings"]
    """Kind of the statistic."""
    year: int
    by: By | None
    """Grouping of the rows. `null` if there are none."""
    as_of: datetime | None
    """When the figures last changed, in real time. `null` if there are none."""
    items: list[CoursesOfGroup]
    """Figures by group. Empty without `by`."""
    total: Courses
    """Figures of the complete scope."""


@dataclass(frozen=True)
class CostsStatistic(Shown):
    what: Literal["costs"]
    """Kind of the statistic."""
    year: int
    by: By | None
    """Grouping of the rows. `null` if there are none."""
    as_of: datetime | None
    """When the figures last changed, in real time. `null` if there are none."""
    currency: Literal["EUR"]
    """Currency of the costs and the support."""
    items: list[CostsOfGroup]
    """Figures by group. Empty without `by`."""
    total: Costs
    """Figures of the complete scope."""


@dataclass(frozen=True)
class ParticipantsStatistic(Shown):
    what: Literal["participants"]
    """Kind of the statistic."""
    year: int
    by: By | None
    """Grouping of the rows. `null` if there are none."""
    as_of: datetime | None
    """When the figures last changed, in real time. `null` if there are none."""
    items: list[ParticipantsOfGroup]
    """Figures by group. Empty without `by`."""
    total: Participants
    """Figures of the complete scope."""


@dataclass(frozen=True)
class UsageStatistic(Shown):
    what: Literal["usage"]
    """Kind of the statistic."""
    year: int
    by: By | None
    """Grouping of the rows. `null` if there are none."""
    as_of: datetime | None
    """When the figures last changed, in real time. `null` if there are none."""
    items: list[UsageOfGroup]
    """Figures by group. Empty without `by`."""
    total: Usage
    """Figures of the complete scope."""


@dataclass(frozen=True)
class ForecastStatistic(Shown):
    what: Literal["forecast"]
    """Kind of the statistic."""
    year: int
    as_of: datetime | None
    """When the figures last changed, in real time. `null` if there are none."""
    total: Forecast
    """Forecast of the complete scope."""


@dataclass(frozen=True)
class HoursRow(HoursInTotal, Group):
    """Hours of one group of courses, or of all. Only the total has the hours of an account."""


Statistic = HoursStatistic | CoursesStatistic | CostsStatistic | ParticipantsStatistic | UsageStatistic
ROWS: dict[type[Statistic], type[Group]] = {
    HoursStatistic: HoursRow,
    CoursesStatistic: CoursesOfGroup,
    CostsStatistic: CostsOfGroup,
    ParticipantsStatistic: ParticipantsOfGroup,
    UsageStatistic: UsageOfGroup,
}


def rows_of(statistic: Statistic) -> list[Group]:
    """Return the statistic as rows of a table: the groups, and the total as the last one."""
    row = ROWS[type(statistic)]
    empty = {each.name: None for each in fields(row)}
    total = vars(statistic.total) | {"key": TOTAL}
    return [row(**empty | figures) for figures in (*map(vars, statistic.items), total)]


@dataclass(frozen=True)
class CountedPeople:
    """The counts of a group, before any is hidden."""

    participants: int = 0
    distinct: int = 0
    female: int = 0
    male: int = 0
    other: int = 0
    under_age: int = 0

    @property
    def unknown(self) -> int:
        return self.participants - self.female - self.male - self.other


def check_scope(actor: Actor, wanted: Wanted, place: Place | None) -> Scope:
    """Return what the statistic counts (rulebook §7). `place` is that of the organisation, or of the top of the tree.

    Raise NotFound, also for an organisation that is not below the named top, and Forbidden for the study centre's
    figures.
    """
    if wanted.organisation_id or wanted.under:
        reached = check_reach(actor, place)
        if wanted.under and wanted.under not in reached.ancestors:
            raise NotFound
        under = None if wanted.organisation_id else wanted.under
        return Scope(wanted.year, wanted.organisation_id, under, reached.central_organisation_id)
    check_staff_or_auditor(actor)
    return Scope(wanted.year, None, None, None)


def shown_people(people: CountedPeople, hidden: Iterable[Measure], *, hides_distinct: bool) -> Participants:
    """Return the counts with those that are hidden left out (rulebook §7).

    `hides_distinct`: whether a small number of different people could be found out in the central organisation. These
    numbers are no sums, so all of them are hidden then; 0 is shown.
    """
    names: set[str] = set(hidden)
    if people.distinct and (hides_distinct or "participants" in names):
        names.add("distinct")
    shown = {
        each.name: None if each.name in names else getattr(people, each.name)
        for each in fields(Participants)
        if each.name != "hidden"
    }
    order = [each.name for each in fields(Participants)]
    return Participants(**shown, hidden=sorted(names, key=order.index))


def forecast_of(year: int, today: date, taken: int, available: int) -> Forecast:
    """Return when the hours end by the pace from 1 January to today (rulebook §7).

    A year that is over has all its days. In a year that has not begun, and in its first 30 days, there is no forecast.
    """
    first = date(year, 1, 1)
    until = min(today, date(year, 12, 31))
    days = (until - first).days + 1
    if days < FEWEST_DAYS:
        return Forecast(None, None)
    basis = Basis(first, until, taken, available)
    if not taken or today.year > year:
        return Forecast(None, basis)
    # Rounded up: on the day before there is still something left.
    ends_on = until + timedelta(days=-(-available * days // taken))
    return Forecast(ends_on if ends_on.year == year else None, basis)
