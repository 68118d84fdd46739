"""Statistics of training courses: hours, courses, costs, participants, use and forecast."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from app.db.organisations.organisations import find_place
from app.db.sessions import Reader
from app.db.trainings import figures
from app.db.trainings.figures import GroupSums, RowKey
from app.domain.calendar.deadlines import day_of
from app.domain.trainings import statistics as rules
from app.domain.trainings.small_cells import Exchange, Measure, exchanges_of, hidden_in
from app.domain.trainings.statistics import (
    By,
    CostsStatistic,
    CountedPeople,
    CoursesStatistic,
    ForecastStatistic,
    HoursStatistic,
    ParticipantsStatistic,
    Scope,
    UsageStatistic,
    Wanted,
)

Item = TypeVar("Item")
NOTHING = GroupSums(None, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, None)


async def get_hours(reader: Reader, wanted: Wanted) -> HoursStatistic:
    scope = await _scope(reader, wanted)
    total, groups = await _sums(reader, scope, wanted)
    account: dict[str, Any] = dict.fromkeys(("granted", "returned", "lapsed", "available"))
    if scope.has_account:
        account = dict(vars(await figures.sum_accounts(reader.connection, scope, wanted.hour_type)))
    items = await _items(reader, scope, wanted, groups, rules.HoursOfGroup, _hours)
    return HoursStatistic(
        "hours", wanted.year, wanted.by, total.as_of, items, rules.HoursInTotal(**vars(_hours(total)), **account)
    )


async def get_courses(reader: Reader, wanted: Wanted) -> CoursesStatistic:
    scope = await _scope(reader, wanted)
    total, groups = await _sums(reader, scope, wanted)
    items = await _items(reader, scope, wanted, groups, rules.CoursesOfGroup, _courses)
    return CoursesStatistic("trainings", wanted.year, wanted.by, total.as_of, items, _courses(total))


async def get_costs(reader: Reader, wanted: Wanted) -> CostsStatistic:
    scope = await _scope(reader, wanted)
    total, groups = await _sums(reader, scope, wanted)
    items = await _items(reader, scope, wanted, groups, rules.CostsOfGroup, _costs)
    return CostsStatistic("costs", wanted.year, wanted.by, total.as_of, "EUR", items, _costs(total))


async def get_participants(reader: Reader, wanted: Wanted) -> ParticipantsStatistic:
    """Count the participants of approved statements. What could be found out of few people is hidden."""
    scope = await _scope(reader, wanted)
    total, groups = await _sums(reader, scope, wanted)
    exchanges, hiding = await _exchanges(reader, scope)
    is_counted = await _counter(reader, scope, wanted)

    def hidden(by: By | None) -> dict[str | None, set[Measure]]:
        rows = {row for exchange in exchanges for row, _ in exchange.changes}
        return hidden_in(exchanges, {row: figures.key_in(row, scope.year, by) for row in rows if is_counted(row)})

    async def people(by: By | None) -> dict[str | None, int]:
        return await figures.count_distinct(reader.connection, scope, wanted, by)

    of_all, different = hidden(None), await people(None)
    hidden_by, different_by = (hidden(wanted.by), await people(wanted.by)) if wanted.by else ({}, {})
    # A central organisation without a small count hides nothing, also beside others.
    hiding_units = None
    if wanted.by == "organisation":
        hiding_units = await figures.list_of_centres(reader.connection, hiding)
    items = await _items(
        reader,
        scope,
        wanted,
        groups,
        rules.ParticipantsOfGroup,
        lambda sums: rules.shown_people(
            _people(sums, different_by.get(sums.key, 0)),
            hidden_by.get(sums.key, ()),
            hides_distinct=bool(hiding) if hiding_units is None else sums.key in hiding_units,
        ),
    )
    counted = _people(total, different.get(None, 0))
    shown = rules.shown_people(counted, of_all.get(None, ()), hides_distinct=bool(hiding))
    return ParticipantsStatistic("participants", wanted.year, wanted.by, total.as_of, items, shown)


async def get_usage(reader: Reader, wanted: Wanted) -> UsageStatistic:
    """Compare the hours used and reserved with those granted, and with the year before."""
    scope = await _scope(reader, wanted)
    before = replace(scope, year=wanted.year - 1)
    total, groups = await _sums(reader, scope, wanted)
    total_before, groups_before = await _sums(reader, before, wanted)
    granted, granted_then = None, None
    if scope.has_account:
        granted = (await figures.sum_accounts(reader.connection, scope, wanted.hour_type)).granted
        granted_then = (await figures.sum_accounts(reader.connection, before, wanted.hour_type)).granted
    then = {_same_month(sums.key, wanted.by): _used(sums, None) for sums in groups_before}
    nothing = _used(NOTHING, None)
    items = await _items(
        reader,
        scope,
        wanted,
        groups,
        rules.UsageOfGroup,
        lambda sums: rules.Usage(
            **vars(_used(sums, None)), previous_year=then.get(_same_month(sums.key, wanted.by), nothing)
        ),
    )
    usage = rules.Usage(**vars(_used(total, granted)), previous_year=_used(total_before, granted_then))
    return UsageStatistic("usage", wanted.year, wanted.by, total.as_of, items, usage)


async def get_forecast(reader: Reader, wanted: Wanted) -> ForecastStatistic:
    """Say when the hours end by the pace of the year. Of a part of a tree nothing is said: it draws on shared hours."""
    scope = await _scope(reader, wanted)
    total, _ = await _sums(reader, scope, replace(wanted, by=None, supported=None))
    forecast = rules.Forecast(None, None)
    if scope.has_account:
        account = await figures.sum_accounts(reader.connection, scope, wanted.hour_type)
        taken = total.reserved_hours + total.used_hours
        forecast = rules.forecast_of(wanted.year, day_of(reader.now), taken, account.available)
    return ForecastStatistic("forecast", wanted.year, total.as_of, forecast)


async def _scope(reader: Reader, wanted: Wanted) -> Scope:
    top = wanted.organisation_id or wanted.under
    return rules.check_scope(reader.actor, wanted, await find_place(reader.connection, top) if top else None)


async def _sums(reader: Reader, scope: Scope, wanted: Wanted) -> tuple[GroupSums, list[GroupSums]]:
    """Return the sums of the scope, and the sums of each of its groups. Every course is in one group."""
    groups = await figures.list_sums(reader.connection, scope, wanted, wanted.by)
    return figures.total_of(groups), groups if wanted.by else []


async def _items(
    reader: Reader,
    scope: Scope,
    wanted: Wanted,
    groups: Iterable[GroupSums],
    item: Callable[..., Item],
    figures_of: Callable[[GroupSums], object],
) -> list[Item]:
    """A row for each group that has courses and, by organisation, for each organisation of the scope."""
    if wanted.by is None:
        return []
    names = await figures.list_names(reader.connection, scope, wanted.by)
    by_key = {sums.key: sums for sums in groups}
    keys: list[str | None] = list(by_key)
    if wanted.by == "organisation":
        left = [UUID(key) for key in keys if key and key not in names]
        names |= await figures.find_names(reader.connection, left) if left else {}
        keys = list(names)
    return [
        item(
            key=key,
            **vars(names.get(key or "", rules.Names())),
            **vars(figures_of(by_key.get(key, replace(NOTHING, key=key)))),
        )
        for key in keys
    ]


async def _exchanges(reader: Reader, scope: Scope) -> tuple[list[Exchange[RowKey]], set[UUID]]:
    """What is hidden of the people that the scope counts, and the central organisations that hide how many different
    people they have. It is found again after an approval or a reversal."""
    found: list[Exchange[RowKey]] = []
    hiding: set[UUID] = set()
    for kept in await figures.list_kept_exchanges(reader.connection, scope):
        central_id = kept.central_organisation_id
        if kept.exchanges is not None:
            exchanges, hides_distinct = figures.exchanges_from(kept.exchanges), bool(kept.hides_distinct)
        else:
            exchanges = exchanges_of(await figures.list_figure_rows(reader.connection, central_id, scope.year))
            few = await figures.has_few_different(reader.connection, central_id, scope.year)
            hides_distinct = bool(exchanges) or few
            await figures.keep_exchanges(
                reader.connection, central_id, scope.year, kept.revision, exchanges, hides_distinct=hides_distinct
            )
        found += exchanges
        hiding |= {central_id} if hides_distinct else set()
    return found, hiding


async def _counter(reader: Reader, scope: Scope, wanted: Wanted) -> Callable[[RowKey], bool]:
    """Whether the scope and its filters count a row of the central organisations that it is about."""
    below = None
    if scope.under and not scope.has_account:
        below = await figures.list_below(reader.connection, scope.under)

    def is_counted(row: RowKey) -> bool:
        return (
            (scope.organisation_id is None or row.organisation_id == scope.organisation_id)
            and (below is None or row.organisation_id in below)
            and wanted.hour_type in (None, row.hour_type)
            and wanted.supported in (None, row.supported)
            and (wanted.model_id is None or row.model_id == str(wanted.model_id))
        )

    return is_counted


def _same_month(key: str | None, by: By | None) -> str | None:
    """The key by which a group is found in the year before: of a month, its number."""
    return key[-2:] if by == "month" and key else key


def _used(sums: GroupSums, granted: int | None) -> rules.UsageOfYear:
    return rules.UsageOfYear(granted, sums.reserved_hours, sums.used_hours)


def _hours(sums: GroupSums) -> rules.Hours:
    return rules.Hours(sums.planned_hours, sums.reserved_hours, sums.used_hours)


def _courses(sums: GroupSums) -> rules.Courses:
    return rules.Courses(sums.planned_courses, sums.approved_courses, sums.held_courses, sums.cancelled_courses)


def _costs(sums: GroupSums) -> rules.Costs:
    return rules.Costs(sums.costs_cents, sums.support_cents)


def _people(sums: GroupSums, distinct: int) -> CountedPeople:
    return CountedPeople(sums.participants, distinct, sums.female, sums.male, sums.other, sums.under_age)
