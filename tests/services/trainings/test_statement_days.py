"""Days and phases as the database finds them are those of the rulebook."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import select, true

from app.db.identifiers import new_id
from app.db.organisations.organisations import organisations
from app.db.statements import Connection, Query
from app.db.trainings.statement_days import (
    IS_STATEMENT,
    PHASE,
    PLAN_CLOSES_ON,
    PLAN_OPENS_ON,
    RULES,
    STATEMENT,
    STATEMENT_DUE_ON,
)
from app.db.trainings.support_rules import find_rules
from app.db.trainings.tables import trainings
from app.domain.calendar.deadlines import HELSINKI, day_of, last_day_before, start_of
from app.domain.trainings.cost_statements import SETTLED_STATES
from app.domain.trainings.statement_checks import phase_of
from app.domain.trainings.support_rules import ActivityRules
from app.domain.trainings.trainings import Phase
from app.domain.trainings.windows import plan_window_of, statement_due_on_of
from tests.builders import FOREVER, Centre
from tests.trainings import add_statement, add_training

LAST_ON, EXTENDED_UNTIL = date(2024, 1, 18), date(2024, 1, 24)
STATEMENTS = [None, "draft", "submitted", "approved", "sent_back", "rejected", "reversed"]


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HELSINKI)  # type: ignore[arg-type,misc]  # Year, month, day and so on.


TIMES = [
    (at(2023, 1, 1), at(2023, 1, 1, 1, 30)),
    (at(2023, 3, 26, 2, 30), at(2023, 3, 26, 5, 30)),  # The clocks are moved.
    (at(2023, 8, 31, 22), at(2023, 9, 1)),  # Until midnight. Six months before it is the end of February.
    (at(2023, 5, 31, 18), at(2023, 12, 20, 20)),
    (at(2023, 12, 21, 18), at(2023, 12, 21, 20)),  # 28 days later it is the last day.
    (at(2023, 12, 31, 18), at(2023, 12, 31, 23, 59)),
]
"""When the first session begins and the last one ends."""


@dataclass(frozen=True)
class Row:
    id: UUID
    organisation_id: UUID
    starts_at: datetime | None
    ends_at: datetime | None
    supported: bool
    state: str
    statement: str | None


@dataclass(frozen=True)
class Days:
    phase: Phase | None
    opens_on: date | None
    closes_on: date | None
    due_on: date | None


_found: Query[tuple[UUID, Days]] = Query(
    select(trainings.c.id, PHASE, PLAN_OPENS_ON, PLAN_CLOSES_ON, STATEMENT_DUE_ON)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(RULES, true())
    .outerjoin(STATEMENT, IS_STATEMENT),
    lambda training_id, *days: (training_id, Days(*days)),
)


def test_the_database_and_the_rulebook_agree(centre: Centre) -> None:
    usual, extended = centre.organisation(), centre.organisation()
    rows = [
        *(
            added(centre, usual, times, supported=supported, statement=statement)
            for times, supported, statement in product(TIMES, (True, False), STATEMENTS)
        ),
        *(added(centre, extended, times) for times in TIMES),
        *(added(centre, usual, TIMES[2], state=state) for state in ("draft", "submitted", "sent_back", "rejected")),
        without_sessions(centre, usual),
    ]
    of_year = centre.ask(lambda connection: find_rules(connection, 2023)).training
    compare(centre, rows, of_year, {usual: None, extended: None})
    deadline_id = centre.deadline("cost_statement", None, LAST_ON, year=2024, hours_year=2023)
    centre.owner.execute(
        "INSERT INTO deadline_extensions (id, deadline_id, organisation_id, closes_on, reason, made_by, made_at) "
        "VALUES (%s, %s, %s, %s, 'Sairaus', %s, %s)",
        [new_id(), deadline_id, extended, EXTENDED_UNTIL, centre.staff().id, FOREVER],
    )
    compare(centre, rows, of_year, {usual: LAST_ON, extended: EXTENDED_UNTIL})


def added(
    centre: Centre,
    organisation_id: UUID,
    times: tuple[datetime, datetime],
    *,
    supported: bool = True,
    state: str = "approved",
    statement: str | None = None,
) -> Row:
    starts_at, ends_at = times
    days = {"starts_at": starts_at, "ends_at": ends_at, "ends_on": last_day_before(ends_at)}
    training_id = add_training(centre, organisation_id, state=state, supported=supported, **days)
    if statement:
        more: dict[str, Any] = {}
        if statement == "reversed":
            more = {"support": Jsonb({}), "support_cents": 0, "used_hours": 0, "payment_state": "none"}
            more |= {"reversed_by": centre.staff().id, "reversed_at": FOREVER, "reversal_reason": "Väärin kirjattu"}
        add_statement(centre, training_id, statement, **more)
    return Row(training_id, organisation_id, starts_at, ends_at, supported, state, statement)


def without_sessions(centre: Centre, organisation_id: UUID) -> Row:
    row = added(centre, organisation_id, TIMES[0], supported=False)
    nothing = "starts_at = NULL, ends_at = NULL, starts_on = NULL, ends_on = NULL"
    centre.owner.execute(f"UPDATE trainings SET {nothing} WHERE id = %s", [row.id])
    return Row(row.id, organisation_id, None, None, supported=False, state="approved", statement=None)


def compare(centre: Centre, rows: list[Row], of_year: ActivityRules, last_on: dict[UUID, date | None]) -> None:
    """Compare all rows at each time at which one of them may change, and a second before."""
    changes = {time for times in TIMES for time in times}
    for _, ends_at in TIMES:
        for each in last_on.values():
            due_on = statement_due_on_of(last_day_before(ends_at), of_year, each)
            changes |= {start_of(due_on), start_of(due_on + timedelta(days=1))}
    moments = sorted(changes | {change - timedelta(seconds=1) for change in changes})

    async def found(connection: Connection) -> list[dict[UUID, Days]]:
        return [dict(await _found.all(connection, p_now=moment, p_today=day_of(moment))) for moment in moments]

    for moment, days in zip(moments, centre.ask(found), strict=True):
        for row in rows:
            assert days[row.id] == expected(row, of_year, last_on[row.organisation_id], moment), (row, moment)


def expected(row: Row, of_year: ActivityRules, last_on: date | None, now: datetime) -> Days:
    if row.starts_at is None or row.ends_at is None:
        return Days("upcoming", None, None, None)
    window = plan_window_of(day_of(row.starts_at), of_year)
    due_on = statement_due_on_of(last_day_before(row.ends_at), of_year, last_on) if row.supported else None
    settled = not row.supported or row.statement in SETTLED_STATES
    phase = phase_of(now, row.starts_at, row.ends_at, due_on, settled=settled) if row.state == "approved" else None
    return Days(phase, window.opens_on, window.closes_on, due_on)
