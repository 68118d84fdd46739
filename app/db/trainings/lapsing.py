"""Trainings that lapse by the clock, and their cost statements."""

from uuid import UUID

from sqlalchemy import and_, select, union_all

from app.db.organisations.organisations import organisations
from app.db.paging import clock_of, given
from app.db.sessions import Reader
from app.db.statements import TODAY, Connection, Query, columns_of
from app.db.trainings.statement_days import STATEMENT_LAST_ON
from app.db.trainings.tables import cost_statements, trainings
from app.domain.trainings.lapsing import StatementInForce

UNSTATED = and_(trainings.c.state == "approved", trainings.c.supported, ~trainings.c.stated)
"""Supported trainings whose cost statement is still to be submitted."""
_waits = (
    select(cost_statements.c.id)
    .where(
        cost_statements.c.training_id == trainings.c.id,
        cost_statements.c.state == "sent_back",
        cost_statements.c.answer_by >= TODAY,
    )
    .correlate(trainings)
    .exists()
)
_lapsed = union_all(
    select(trainings.c.id).where(trainings.c.state == "sent_back", trainings.c.answer_by < TODAY),
    select(trainings.c.id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .where(trainings.c.state == "awaiting_main_user", STATEMENT_LAST_ON < TODAY),
    select(trainings.c.id)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .where(UNSTATED, trainings.c.ends_on < TODAY, STATEMENT_LAST_ON < TODAY, ~_waits),
).subquery("lapsed")
_found: Query[UUID] = Query(select(_lapsed.c.id).order_by(_lapsed.c.id))
_statement = Query(
    select(*columns_of(StatementInForce, cost_statements)).where(
        given(cost_statements.c.training_id, "training_id"), cost_statements.c.state != "reversed"
    ),
    StatementInForce,
)
_reversed: Query[UUID] = Query(
    select(cost_statements.c.id)
    .where(given(cost_statements.c.training_id, "training_id"), cost_statements.c.state == "reversed")
    .limit(1)
)


async def list_lapsed(session: Reader) -> list[UUID]:
    """Return the trainings that have run out of time and are not yet marked as lapsed. None of them is locked."""
    return await _found.all(session.connection, **clock_of(session))


async def find_statement_in_force(connection: Connection, training_id: UUID) -> StatementInForce | None:
    return await _statement.first(connection, p_training_id=training_id)


async def has_reversed_statement(connection: Connection, training_id: UUID) -> bool:
    """Whether the approval of a cost statement of the training was reversed."""
    return await _reversed.first(connection, p_training_id=training_id) is not None
