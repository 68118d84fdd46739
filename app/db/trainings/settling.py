"""Trainings of a year that still hold hours, or whose cost statement waits."""

from sqlalchemy import ARRAY, Integer, Text, any_, bindparam, case, cast, func, or_, select, true

from app.db.hours.ledger import hour_transfers
from app.db.organisations.organisations import organisations
from app.db.paging import clock_of, given
from app.db.sessions import Reader
from app.db.statements import Query, columns_of
from app.db.trainings.statement_days import IS_STATEMENT, STATEMENT, STATEMENT_LAST_ON
from app.db.trainings.tables import cost_statements, trainings
from app.domain.trainings.settling import MOST_SHOWN, Unsettled
from app.domain.trainings.trainings import HOLDING_STATES

_adds = hour_transfers.c.kind == "reservation"
_held = (
    select(
        cast(
            func.coalesce(func.sum(case((_adds, hour_transfers.c.hours), else_=-hour_transfers.c.hours)), 0), Integer
        ).label("hours")
    )
    .where(
        hour_transfers.c.cause_id == trainings.c.id,
        or_(_adds, hour_transfers.c.kind == "release", hour_transfers.c.kind == "use"),
    )
    .correlate(trainings)
    .lateral("held")
)
# After a reversal a statement may wait that has nothing reserved: its approval reserves again.
_waits = (
    select(cost_statements.c.id)
    .where(cost_statements.c.training_id == trainings.c.id, cost_statements.c.state == "submitted")
    .correlate(trainings)
    .exists()
)
_of_year = (
    select(trainings.c.id)
    .join(_held, true())
    .where(
        given(trainings.c.year, "year"),
        trainings.c.state == any_(bindparam("p_states", type_=ARRAY(Text))),
        or_(_held.c.hours > 0, _waits),
    )
)
_total: Query[int] = Query(select(func.count()).select_from(_of_year.subquery()))
_first = Query(
    select(
        *columns_of(
            Unsettled,
            trainings,
            organisation_name=organisations.c.name,
            hours=_held.c.hours,
            statement_last_on=STATEMENT_LAST_ON,
            statement_id=STATEMENT.c.id,
            statement_state=STATEMENT.c.state,
        )
    )
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(_held, true())
    .outerjoin(STATEMENT, IS_STATEMENT)
    .where(trainings.c.id.in_(_of_year))
    .order_by(organisations.c.sort_key, organisations.c.id, trainings.c.name, trainings.c.id)
    .limit(MOST_SHOWN),
    Unsettled,
)


async def find_unsettled(session: Reader, year: int) -> tuple[list[Unsettled], int]:
    """The first hundred of the trainings, of both types of hours, by organisation and name, and how many there are."""
    parameters = {"p_year": year, "p_states": list(HOLDING_STATES)}
    shown = await _first.all(session.connection, **parameters, **clock_of(session))
    if len(shown) < MOST_SHOWN:
        return shown, len(shown)
    return shown, await _total.first(session.connection, **parameters) or 0
