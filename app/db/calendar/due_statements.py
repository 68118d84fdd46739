"""Trainings that have ended and whose cost statement has not been submitted, to be reminded of."""

from datetime import date

from sqlalchemy import Date, bindparam, select, true

from app.db.organisations.organisations import organisations
from app.db.statements import Connection, Query, columns_of
from app.db.trainings.lapsing import UNSTATED
from app.db.trainings.statement_days import RULES, STATEMENT_DUE_ON, STATEMENT_LAST_ON
from app.db.trainings.tables import trainings
from app.domain.calendar.due_reminders import DueStatement

_due = Query(
    select(
        *columns_of(
            DueStatement,
            trainings,
            training_id=trainings.c.id,
            ended_on=trainings.c.ends_on,
            due_on=STATEMENT_DUE_ON,
            last_on=STATEMENT_LAST_ON,
        )
    )
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(RULES, true())
    .where(
        UNSTATED,
        trainings.c.ends_on.between(bindparam("p_from", type_=Date), bindparam("p_until", type_=Date)),
    )
    .order_by(trainings.c.id),
    DueStatement,
)


async def list_due_statements(connection: Connection, first: date, last: date) -> list[DueStatement]:
    """Return the due statements of trainings that ended between the days."""
    return await _due.all(connection, p_from=first, p_until=last)
