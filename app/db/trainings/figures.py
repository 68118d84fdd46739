"""The figures of training courses, from the rows that the database sums up as courses change (migration `figures`)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.hours.ledger import hour_balances
from app.db.organisations.organisations import organisation_ancestors, organisations
from app.db.paging import below, given
from app.db.statements import Connection, Query, Selection, put_row, study_centre_table
from app.db.trainings.tables import training_participants
from app.db.trainings.topic_classes import topic_classes
from app.domain.trainings.small_cells import FEWEST_SHOWN, Exchange, FigureRow, People
from app.domain.trainings.statistics import By, Names, Scope, Wanted

SUMS = (
    *("planned_courses", "approved_courses", "held_courses", "cancelled_courses"),
    *("planned_hours", "reserved_hours", "used_hours", "costs_cents", "support_cents"),
    *("participants", "female", "male", "other", "under_age"),
)
_KEY = (
    Column("central_organisation_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("organisation_id", Uuid, primary_key=True),
    Column("hour_type", Text, primary_key=True),
    Column("supported", Boolean, primary_key=True),
    Column("month", SmallInteger, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("mode", Text, primary_key=True),
    Column("municipality", Text, primary_key=True),
    Column("model_id", Text, primary_key=True),
)
training_figures = study_centre_table(
    "training_figures",
    *_KEY,
    *(Column(name, BigInteger if name.endswith("cents") else Integer, nullable=False) for name in SUMS),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
training_figure_parts = study_centre_table(
    "training_figure_parts",
    Column("training_id", Uuid, primary_key=True),
    *(Column(column.name, column.type, nullable=False) for column in _KEY),
    *(Column(name, BigInteger if name.endswith("cents") else Integer, nullable=False) for name in SUMS),
)
training_figure_totals = study_centre_table(
    "training_figure_totals",
    Column("year", SmallInteger, primary_key=True),
    Column("central_organisation_id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, primary_key=True),
    Column("hour_type", Text, primary_key=True),
    Column("supported", Boolean, primary_key=True),
    *(Column(name, BigInteger if name.endswith("cents") else Integer, nullable=False) for name in SUMS),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)
"""The figures of an organisation's year, which the database sums up as figures change."""
training_figure_revisions = study_centre_table(
    "training_figure_revisions",
    Column("central_organisation_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
figure_exchanges = study_centre_table(
    "figure_exchanges",
    Column("central_organisation_id", Uuid, primary_key=True),
    Column("year", SmallInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("exchanges", JSONB, nullable=False),
    Column("hides_distinct", Boolean, nullable=False),
)
"""What is hidden of the people (`domain/trainings/small_cells.py`), as it follows from the figures of a revision."""


@dataclass(frozen=True)
class RowKey:
    """What the courses of a row have in common. A month of 0 and an empty text are not known, and an empty model is
    none."""

    organisation_id: UUID
    hour_type: str
    supported: bool
    month: int
    topic: str
    mode: str
    municipality: str
    model_id: str = ""


@dataclass(frozen=True)
class GroupSums:
    """The sums of a group of courses."""

    key: str | None
    planned_courses: int
    approved_courses: int
    held_courses: int
    cancelled_courses: int
    planned_hours: int
    reserved_hours: int
    used_hours: int
    costs_cents: int
    support_cents: int
    participants: int
    female: int
    male: int
    other: int
    under_age: int
    as_of: datetime | None


@dataclass(frozen=True)
class AccountSums:
    """What a central organisation, or all of them, got and have."""

    granted: int
    returned: int
    lapsed: int
    available: int


def key_in(row: RowKey, year: int, by: By | None) -> str | None:
    """The value that the row is counted under, as `_group_key` has it."""
    match by:
        case "organisation":
            return str(row.organisation_id)
        case "month":
            return f"{year}-{row.month:02}" if row.month else None
        case "topic" | "mode" | "municipality":
            value: str = getattr(row, by)
            return value or None
        case "activity":
            return row.hour_type
    return None


def _group_key(by: By | None, table: Any) -> Any:
    match by:
        case "organisation":
            return cast(table.c.organisation_id, Text)
        case "month":
            month = func.concat(table.c.year, "-", func.lpad(cast(table.c.month, Text), 2, "0"))
            return case((table.c.month > 0, month))
        case "topic" | "mode" | "municipality":
            return func.nullif(table.c[by], "")
        case "activity":
            return table.c.hour_type
    return cast(null(), Text)


Parts = tuple[str, ...]
"""Which conditions a query has."""


def _conditions(parts: Parts, table: Any) -> list[ColumnElement[bool]]:
    every: dict[str, ColumnElement[bool]] = {
        "organisation_id": given(table.c.organisation_id, "organisation_id"),
        "central_organisation_id": given(table.c.central_organisation_id, "central_organisation_id"),
        "under": below(table.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "hour_type": given(table.c.hour_type, "hour_type"),
        "supported": given(table.c.supported, "supported"),
    }
    if "model_id" in table.c:
        every["model_id"] = given(table.c.model_id, "model_id")
    return [given(table.c.year, "year"), *(every[part] for part in parts)]


def parts_of(scope: Scope, wanted: Wanted) -> tuple[Parts, dict[str, object]]:
    """Which conditions the scope and the filters make, and their parameters."""
    parameters: dict[str, object] = {
        "p_year": scope.year,
        "p_organisation_id": scope.organisation_id,
        "p_under": None if scope.has_account else scope.under,
        "p_central_organisation_id": scope.central_organisation_id,
        "p_hour_type": wanted.hour_type,
        "p_supported": wanted.supported,
        "p_model_id": wanted.model_id and str(wanted.model_id),
    }
    used = {name: value for name, value in parameters.items() if value is not None}
    return tuple(name.removeprefix("p_") for name in used if name != "p_year"), used


@cache
def _sums(by: By | None, parts: Parts) -> Query[GroupSums]:
    has_totals = by in (None, "organisation", "activity") and "model_id" not in parts
    table = training_figure_totals if has_totals else training_figures
    key = _group_key(by, table).label("key")
    sums = [cast(func.sum(table.c[name]), BigInteger).label(name) for name in SUMS]
    as_of = func.max(table.c.changed_at).label("as_of")
    return Query(select(key, *sums, as_of).where(*_conditions(parts, table)).group_by(key).order_by(key), GroupSums)


async def list_sums(connection: Connection, scope: Scope, wanted: Wanted, by: By | None) -> list[GroupSums]:
    """The sums by group; one for all without `by`. Groups without courses are left out."""
    parts, parameters = parts_of(scope, wanted)
    return await _sums(by, parts).all(connection, **parameters)


def total_of(groups: Collection[GroupSums]) -> GroupSums:
    """The sums of all groups together."""
    sums = {name: sum(getattr(group, name) for group in groups) for name in SUMS}
    return GroupSums(None, **sums, as_of=max((group.as_of for group in groups if group.as_of), default=None))


def _different(part: Any, row: Any) -> Any:
    """The number of different people of a group of courses. Where a course has no list, all count."""
    person = func.coalesce(row.c.email_key, func.encode(row.c.token, "hex"), cast(row.c.id, Text))
    unnamed = part.c.participants * cast(row.c.id.is_(None), Integer)
    return func.count(person.distinct()).filter(row.c.id.is_not(None)) + func.coalesce(func.sum(unnamed), 0)


@cache
def _distinct(by: By | None, parts: Parts) -> Query[tuple[str | None, int]]:
    part, row = training_figure_parts, training_participants
    key = _group_key(by, part).label("key")
    return Query(
        select(key, cast(_different(part, row), Integer).label("number"))
        .select_from(part.outerjoin(row, row.c.training_id == part.c.training_id))
        .where(*_conditions(parts, part), part.c.participants > 0)
        .group_by(key),
        lambda key, number: (key, number),
    )


async def count_distinct(connection: Connection, scope: Scope, wanted: Wanted, by: By | None) -> dict[str | None, int]:
    """How many different people each group has, by their addresses. One without an address counts by itself."""
    parts, parameters = parts_of(scope, wanted)
    return dict(await _distinct(by, parts).all(connection, **parameters))


_balance = hour_balances.c
_account = [
    _balance.common + _balance.allotment + _balance.reserved + _balance.used + _balance.lapsed + _balance.returned,
    _balance.returned,
    _balance.lapsed,
    _balance.common + _balance.allotment,
]


@cache
def _accounts(parts: Parts) -> Query[AccountSums]:
    table = hour_balances
    conditions = [given(table.c[name], name) for name in ("year", *parts)]
    sums: list[Any] = [cast(func.coalesce(func.sum(column), 0), Integer) for column in _account]
    return Query(
        select(*sums).where(*conditions),
        lambda *sums: AccountSums(*sums),
    )


async def sum_accounts(connection: Connection, scope: Scope, hour_type: str | None) -> AccountSums:
    """What the tree of a central organisation, or all of them, were granted and have."""
    named = {"central_organisation_id": scope.central_organisation_id, "hour_type": hour_type}
    used = {name: value for name, value in named.items() if value is not None}
    found = await _accounts(tuple(used)).first(
        connection, p_year=scope.year, **{f"p_{name}": value for name, value in used.items()}
    )
    return found or AccountSums(0, 0, 0, 0)


def _names_in(table: Any) -> list[Any]:
    return [table.c.name, table.c.name_sv, table.c.name_en]


_by_name = select(cast(organisations.c.id, Text), *_names_in(organisations)).order_by(
    organisations.c.sort_key, organisations.c.id
)
_top = bindparam("p_top", type_=Uuid)


def _named(key: str, *names: str | None) -> tuple[str, Names]:
    return key, Names(*names)


_all_names = Query(_by_name, _named)
_names_below = Query(_by_name.where(below(organisations.c.id, _top)), _named)
_own_name = Query(_by_name.where(organisations.c.id == _top), _named)
_names_of = Query(_by_name.where(organisations.c.id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))), _named)
_topics = Query(select(topic_classes.c.code, *_names_in(topic_classes)), _named)


async def list_names(connection: Connection, scope: Scope, by: By | None) -> dict[str, Names]:
    """The names of the groups that have one: all organisations of the scope by name, or all topic classes."""
    match by:
        case "topic":
            return dict(await _topics.all(connection))
        case "organisation" if scope.organisation_id:
            return dict(await _own_name.all(connection, p_top=scope.organisation_id))
        case "organisation" if scope.under:
            return dict(await _names_below.all(connection, p_top=scope.under))
        case "organisation":
            return dict(await _all_names.all(connection))
    return {}


async def find_names(connection: Connection, organisation_ids: Collection[UUID]) -> dict[str, Names]:
    """The names of organisations, also of those that have left the scope."""
    return dict(await _names_of.all(connection, p_ids=list(organisation_ids)))


@dataclass(frozen=True)
class KeptExchanges:
    """What is hidden of a central organisation's people. None if it has to be found again."""

    central_organisation_id: UUID
    revision: int
    exchanges: list[Any] | None
    hides_distinct: bool | None
    """Whether the numbers of different people are hidden: some of them, or of all people, are small."""


_kept = Selection(
    KeptExchanges,
    central_organisation_id=training_figure_revisions.c.central_organisation_id,
    revision=training_figure_revisions.c.revision,
    exchanges=figure_exchanges.c.exchanges,
    hides_distinct=figure_exchanges.c.hides_distinct,
)


@cache
def _exchanges(is_of_one: bool) -> Query[KeptExchanges]:
    revisions = training_figure_revisions.c
    statement = (
        select(*_kept.columns)
        .select_from(training_figure_revisions)
        .outerjoin(
            figure_exchanges,
            and_(
                figure_exchanges.c.central_organisation_id == revisions.central_organisation_id,
                figure_exchanges.c.year == revisions.year,
                figure_exchanges.c.revision == revisions.revision,
            ),
        )
        .where(given(revisions.year, "year"))
    )
    if is_of_one:
        statement = statement.where(given(revisions.central_organisation_id, "central_organisation_id"))
    return Query(statement, _kept.build)


_people = Selection(
    People,
    female=training_figures.c.female,
    male=training_figures.c.male,
    other=training_figures.c.other,
    unknown=training_figures.c.participants
    - training_figures.c.female
    - training_figures.c.male
    - training_figures.c.other,
    under_age=training_figures.c.under_age,
)
_row_key = Selection(RowKey, training_figures)


_width = len(_row_key.columns)
_ancestors = (
    select(func.array_agg(organisation_ancestors.c.ancestor_id))
    .where(organisation_ancestors.c.organisation_id == training_figures.c.organisation_id)
    .correlate(training_figures)
    .scalar_subquery()
)
_rows: Query[tuple[RowKey, People, list[UUID]]] = Query(
    select(*_row_key.columns, *_people.columns, _ancestors.label("above")).where(
        given(training_figures.c.central_organisation_id, "central_organisation_id"),
        given(training_figures.c.year, "year"),
        training_figures.c.participants > 0,
    ),
    lambda *values: (_row_key.build(*values[:_width]), _people.build(*values[_width:-1]), values[-1]),
)


async def list_kept_exchanges(connection: Connection, scope: Scope) -> list[KeptExchanges]:
    """What is hidden of each central organisation that the scope counts people of."""
    central_id = scope.central_organisation_id
    parameters = {"p_central_organisation_id": central_id} if central_id else {}
    return await _exchanges(central_id is not None).all(connection, p_year=scope.year, **parameters)


async def list_figure_rows(connection: Connection, central_id: UUID, year: int) -> list[FigureRow[RowKey]]:
    """All rows of the central organisation in the year that count people."""
    return [
        FigureRow(
            id=key,
            organisation=key.organisation_id,
            above=frozenset({*above, central_id} - {key.organisation_id}),
            filters=(key.hour_type, key.supported, key.model_id),
            values={"month": key.month, "topic": key.topic, "mode": key.mode, "municipality": key.municipality},
            people=people,
        )
        for key, people, above in await _rows.all(connection, p_central_organisation_id=central_id, p_year=year)
    ]


_finest = select(literal(1)).select_from(
    training_figure_parts.outerjoin(
        training_participants, training_participants.c.training_id == training_figure_parts.c.training_id
    )
)
_few: Query[int] = Query(
    _finest.where(
        given(training_figure_parts.c.central_organisation_id, "central_organisation_id"),
        given(training_figure_parts.c.year, "year"),
        training_figure_parts.c.participants > 0,
    )
    .group_by(*(training_figure_parts.c[column.name] for column in _KEY))
    .having(_different(training_figure_parts, training_participants) < FEWEST_SHOWN)
    .limit(1)
)


async def has_few_different(connection: Connection, central_id: UUID, year: int) -> bool:
    """Whether the courses that have all in common, of the central organisation in the year, have few different people.
    If so, a larger figure may have few, too; if not, none has."""
    few = await _few.first(connection, p_central_organisation_id=central_id, p_year=year)
    return few is not None


_of_centres: Query[str] = Query(
    select(cast(organisations.c.id, Text)).where(
        organisations.c.central_organisation_id == any_(bindparam("p_ids", type_=ARRAY(Uuid)))
    )
)


async def list_of_centres(connection: Connection, central_ids: Collection[UUID]) -> set[str]:
    """The IDs of all organisations of these central ones."""
    return set(await _of_centres.all(connection, p_ids=list(central_ids)))


async def keep_exchanges(
    connection: Connection,
    central_id: UUID,
    year: int,
    revision: int,
    exchanges: list[Exchange[RowKey]],
    *,
    hides_distinct: bool,
) -> None:
    """Keep what is hidden, until a statement is approved or reversed."""
    kept = [[[_json_of(row), dict(change)] for row, change in exchange.changes] for exchange in exchanges]
    await put_row(
        connection,
        figure_exchanges,
        central_organisation_id=central_id,
        year=year,
        revision=revision,
        exchanges=kept,
        hides_distinct=hides_distinct,
    )


def exchanges_from(kept: list[Any]) -> list[Exchange[RowKey]]:
    return [Exchange(tuple((_key_from(row), change) for row, change in changes)) for changes in kept]


def _json_of(row: RowKey) -> list[Any]:
    return [str(value) if isinstance(value, UUID) else value for value in vars(row).values()]


def _key_from(row: list[Any]) -> RowKey:
    organisation_id, *others = row
    return RowKey(UUID(organisation_id), *others)


_below: Query[UUID] = Query(
    select(organisation_ancestors.c.organisation_id).where(
        organisation_ancestors.c.ancestor_id == bindparam("p_top", type_=Uuid)
    )
)


async def list_below(connection: Connection, top: UUID) -> set[UUID]:
    """The organisation and all below it."""
    return set(await _below.all(connection, p_top=top))
