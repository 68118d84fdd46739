"""Changes of approved plans."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, select, update

from app.db.paging import given
from app.db.resources import Resource
from app.db.statements import Command, Connection, Converted, Query, Selection, change_row, insert_row
from app.db.trainings.plans import json_of, plan_from
from app.db.trainings.tables import training_changes
from app.domain.trainings.training_changes import TrainingChange
from app.domain.trainings.trainings import TrainingPlan, hours_of

_change = Selection(TrainingChange, training_changes, plan=Converted(training_changes.c.plan, plan_from))
changes = Resource(
    select(*_change.columns),
    _change.build,
    training_changes,
    filters={"training_id": given(training_changes.c.training_id, "training_id")},
)
"""Changes of trainings. Callers see the changes of each training that they see: the use case looks for it first."""
_cancelled = Command(
    update(training_changes)
    .where(
        training_changes.c.training_id == bindparam("p_training_id", type_=Uuid),
        training_changes.c.state == "submitted",
    )
    .values(state="cancelled", ended_at=bindparam("p_at", type_=DateTime(timezone=True)))
)
_open: Query[UUID] = Query(
    select(training_changes.c.id).where(
        given(training_changes.c.training_id, "training_id"), training_changes.c.state == "submitted"
    )
)


async def find_open_change(connection: Connection, training_id: UUID) -> UUID | None:
    return await _open.first(connection, p_training_id=training_id)


async def insert_change(connection: Connection, **columns: Any) -> None:
    plan = json_of(columns.pop("plan"))
    await insert_row(connection, training_changes, plan=plan, **columns)


async def put_plan(connection: Connection, change_id: UUID, plan: TrainingPlan, **columns: object) -> None:
    """Put the complete plan with the change, and other columns with it."""
    await change_row(connection, training_changes, change_id, plan=json_of(plan), hours=hours_of(plan), **columns)


async def cancel_open_change(connection: Connection, training_id: UUID, at: datetime) -> None:
    """End the open change, because its training has ended."""
    await _cancelled.run(connection, p_training_id=training_id, p_at=at)
