"""Trainings end before their cost statement: withdrawn, cancelled or lapsed."""

from typing import Literal

from app.db.sessions import Writer
from app.db.trainings import trainings as questions
from app.db.trainings.cost_statements import end_open_statement
from app.db.trainings.lapsing import find_statement_in_force
from app.db.trainings.training_changes import cancel_open_change
from app.domain.access import SERVICE
from app.domain.trainings.trainings import HOLDING_STATES, TrainingSummary, cause_fact_of
from app.services.support.enrolments import end_enrolments
from app.services.trainings.reservations import release


async def end_training(
    writer: Writer,
    training: TrainingSummary,
    state: Literal["withdrawn", "cancelled", "lapsed"],
    *,
    reason: str | None = None,
) -> int:
    """End the locked training, its open change and its open statement, and return the hours that it frees."""
    await cancel_open_change(writer.connection, training.id, writer.now)
    await _end_statement(writer, training, "lapsed" if state == "lapsed" else "cancelled")
    # A draft holds no hours. Its centre may change, so its balances are not locked after it (`lock_trainings`).
    if training.state == "approved":
        await end_enrolments(writer, training.id)
    freed = await release(writer, training, f"training.{state}") if training.state in HOLDING_STATES else 0
    await questions.change_state(
        writer.connection,
        training.id,
        state=state,
        ended_by=None if writer.actor is SERVICE else writer.actor.person_id,
        ended_at=writer.now,
        end_reason=reason,
    )
    return freed


async def _end_statement(writer: Writer, training: TrainingSummary, state: Literal["cancelled", "lapsed"]) -> None:
    """End the statement that has not been submitted, or was sent back."""
    statement = await find_statement_in_force(writer.connection, training.id)
    if statement is None or not statement.is_open:
        return
    await end_open_statement(writer.connection, training.id, state, writer.now)
    writer.record(
        f"cost-statement.{state}",
        statement.id,
        organisation_id=training.organisation_id,
        reference=statement.reference,
        year=training.year,
        hours=statement.hours,
        support_cents=None,
        **cause_fact_of(training.hour_type, training.id),
    )
