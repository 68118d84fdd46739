"""Rules of support; a year without its own has those of the latest earlier year."""

from psycopg import AsyncCursor
from sqlalchemy import Boolean, Column, DateTime, Integer, SmallInteger, Uuid, bindparam, case, null, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import UNSEEN, Listing, seen_by
from app.db.sessions import Reader
from app.db.statements import Connection, Query, Selection, from_json, put_row, row_of, study_centre_table
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

_year = bindparam("p_year", type_=SmallInteger)
_selected = Selection(
    SupportRules,
    support_rules,
    inherited_from=null(),
    training=from_json(support_rules.c.training, ActivityRules),
    peer_group=from_json(support_rules.c.peer_group, ActivityRules),
)
# Years before the first one with rules have those of the first.
_in_force = Query(
    select(*_selected.columns)
    .order_by(
        (support_rules.c.year <= _year).desc(),
        case((support_rules.c.year <= _year, -support_rules.c.year), else_=support_rules.c.year),
    )
    .limit(1),
    _selected.build,
)

listing = Listing(select(*_selected.columns), _selected.build, key=[support_rules.c.year])


async def find_rules(connection: Connection, year: int) -> SupportRules:
    """The rules that apply in the year, without the name of who set them."""
    return await read_rules(await ask_rules(connection, year), year)


async def ask_rules(connection: Connection, year: int) -> AsyncCursor[SupportRules]:
    """As `find_rules`, in a pipeline of the caller, who reads the answer by `read_rules`."""
    return await _in_force.ask(connection, p_year=year, **UNSEEN)


async def read_rules(asked: AsyncCursor[SupportRules], year: int) -> SupportRules:
    rules = await asked.fetchone()
    if rules is None:
        raise RuntimeError("the study centre has no rules of support")
    return inherited(rules, year)


async def find_rules_as_seen(session: Reader, year: int) -> SupportRules:
    """As `find_rules`, with the name of who set them."""
    return await read_rules(await _in_force.ask(session.connection, p_year=year, **seen_by(session)), year)


async def put_rules(connection: Connection, rules: SupportRules) -> None:
    await put_row(connection, support_rules, **row_of(support_rules, rules))
