"""Cost statements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, bindparam, or_, select, update

from app.db.statements import Command, Connection, Query
from app.db.trainings.tables import cost_statements

_of_training = cost_statements.c.training_id == bindparam("p_training_id", type_=Uuid)
_state: Query[str] = Query(select(cost_statements.c.state).where(_of_training, cost_statements.c.state != "reversed"))
_ended = Command(
    update(cost_statements)
    .where(_of_training, or_(cost_statements.c.state == "draft", cost_statements.c.state == "sent_back"))
    .values(state=bindparam("p_state", type_=Text), ended_at=bindparam("p_at", type_=DateTime(timezone=True)))
)


async def find_statement_state(connection: Connection, training_id: UUID) -> str | None:
    """The state of the training's cost statement that has not been reversed, if there is one."""
    return await _state.first(connection, p_training_id=training_id)


async def end_open_statement(connection: Connection, training_id: UUID, state: str, at: datetime) -> None:
    """End the statement that has not been submitted, or was sent back."""
    await _ended.run(connection, p_training_id=training_id, p_state=state, p_at=at)
