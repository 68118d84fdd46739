"""Lapsing: plans that were not submitted again in time, and trainings without a cost statement (rulebook §3.5)."""

from uuid import UUID

import structlog

from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.statements import Connection
from app.db.trainings.lapsing import find_statement_in_force, has_reversed_statement, list_lapsed
from app.db.trainings.trainings import resource
from app.db.transactions import write_down
from app.domain.access import SERVICE
from app.domain.trainings.lapsing import cause_of, has_lapsed
from app.domain.trainings.trainings import event_of
from app.services.trainings.ending import end_training

log = structlog.get_logger()


async def lapse_trainings(connection: Connection) -> int:
    """Lapse the trainings whose time is over by the study centre's clock. Repeating it records nothing more.

    Each has a transaction of its own, so that requests wait for one of them at most, and a worker that dies leaves the
    rest to the next. One that fails is logged and left to the next run too. Return how many failed.
    """
    failed = 0
    for training_id in await list_lapsed(await _clock(connection)):
        try:
            async with connection.transaction():
                await _lapse(await _clock(connection), training_id)
        except Exception as error:
            if connection.closed:
                raise
            failed += 1
            log.error("training did not lapse", training_id=str(training_id), exc_info=error)
    return failed


async def _lapse(writer: Writer, training_id: UUID) -> None:
    """Lapse it, unless another worker, its writers or staff were faster."""
    training = await resource.find(writer, training_id, locked=True)
    if training is None:
        return
    statement = await find_statement_in_force(writer.connection, training_id)
    if not has_lapsed(training, statement, writer.now):
        return
    was_reversed = await has_reversed_statement(writer.connection, training_id)
    freed = await end_training(writer, training, "lapsed")
    writer.record(
        event_of(training.hour_type, "lapsed"),
        training_id,
        organisation_id=training.organisation_id,
        reference=training.reference,
        year=training.year,
        was=training.state,
        because=cause_of(training, was_reversed=was_reversed),
        freed=freed,
    )
    await write_down(writer)


async def _clock(connection: Connection) -> Writer:
    """The service itself, at the time by the study centre's clock."""
    centre = await get_study_centre(connection)
    return Writer(connection, SERVICE, centre.now, retry_key=b"")
