"""Rules of support; a year without its own has those of the latest earlier year."""

from collections.abc import Collection, Iterable

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    DateTime,
    Integer,
    SmallInteger,
    Uuid,
    bindparam,
    case,
    column,
    func,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import UNSEEN, Listing, seen_by
from app.db.sessions import Reader
from app.db.statements import Connection, Query, Selection, from_json, put_row, row_of, study_centre_table
from app.db.trainings.topic_classes import topic_classes
from app.domain.trainings.support_rules import ActivityRules, SupportRules, inherited

support_rules = study_centre_table(
    "support_rules",
    Column("year", SmallInteger, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("training", JSONB, nullable=False),
    Column("peer_group", JSONB, nullable=False),
    Column("changed_by", Uuid),
    Column("changed_at", DateTime(timezone=True)),
)

_selected = Selection(
    SupportRules,
    support_rules,
    inherited_from=null(),
    training=from_json(support_rules.c.training, ActivityRules),
    peer_group=from_json(support_rules.c.peer_group, ActivityRules),
)
_asked = (
    func.unnest(bindparam("p_years", type_=ARRAY(SmallInteger)))
    .table_valued(column("year", SmallInteger))
    .render_derived(name="asked")
)
# Years before the first one with rules have those of the first.
_latest = (
    select(*_selected.columns)
    .order_by(
        (support_rules.c.year <= _asked.c.year).desc(),
        case((support_rules.c.year <= _asked.c.year, -support_rules.c.year), else_=support_rules.c.year),
    )
    .limit(1)
    .correlate(_asked)
    .lateral("latest")
)
_topics_in_use = select(func.array_agg(topic_classes.c.code)).where(topic_classes.c.active).scalar_subquery()
_in_force: Query[tuple[int, SupportRules]] = Query(
    select(_asked.c.year, *_latest.c).select_from(_asked).join(_latest, true()),
    lambda year, *rules: (year, _selected.build(*rules)),
)
_in_force_and_topics: Query[tuple[int, SupportRules, list[str] | None]] = Query(
    select(_asked.c.year, _topics_in_use.label("topics"), *_latest.c).select_from(_asked).join(_latest, true()),
    lambda year, topics, *rules: (year, _selected.build(*rules), topics),
)

listing = Listing(select(*_selected.columns), _selected.build, key=[support_rules.c.year])


async def find_rules(connection: Connection, year: int) -> SupportRules:
    """The rules that apply in the year, without the name of who set them."""
    return (await _find(connection, [year], UNSEEN))[year]


async def find_rules_and_topics(
    connection: Connection, years: Collection[int]
) -> tuple[dict[int, SupportRules], frozenset[str]]:
    """As `find_rules`, by year, and the codes of the topic classes that are in use now, in one question."""
    found = await _in_force_and_topics.all(connection, p_years=list(years), **UNSEEN)
    rules = _by_year(years, ((year, rules) for year, rules, _ in found))
    return rules, frozenset(code for _, _, topics in found for code in topics or ())


async def find_rules_as_seen(session: Reader, year: int) -> SupportRules:
    """As `find_rules`, with the name of who set them."""
    return (await _find(session.connection, [year], seen_by(session)))[year]


async def _find(connection: Connection, years: Collection[int], seen: dict[str, object]) -> dict[int, SupportRules]:
    return _by_year(years, await _in_force.all(connection, p_years=list(years), **seen))


def _by_year(years: Collection[int], found: Iterable[tuple[int, SupportRules]]) -> dict[int, SupportRules]:
    by_year = {year: inherited(rules, year) for year, rules in found}
    if len(by_year) < len(years):
        raise RuntimeError("the study centre has no rules of support")
    return by_year


async def put_rules(connection: Connection, rules: SupportRules) -> None:
    await put_row(connection, support_rules, **row_of(support_rules, rules))
