"""Lapsing: plans that were not submitted again in time, and trainings without a cost statement (rulebook §3.5)."""

from uuid import UUID

from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.statements import Connection
from app.db.trainings.lapsing import find_statement_in_force, list_lapsed
from app.db.trainings.trainings import resource
from app.db.transactions import write_down
from app.domain.access import SERVICE
from app.domain.trainings.lapsing import has_lapsed
from app.services.trainings.ending import end_training


async def lapse_trainings(connection: Connection) -> None:
    """Lapse the trainings whose time is over by the study centre's clock. Repeating it records nothing more.

    Each has a transaction of its own, so that requests wait for one of them at most, and a worker that dies leaves the
    rest to the next.
    """
    for training_id in await list_lapsed(await _clock(connection)):
        async with connection.transaction():
            await _lapse(await _clock(connection), training_id)


async def _lapse(writer: Writer, training_id: UUID) -> None:
    """Lapse it, unless another worker, its writers or staff were faster."""
    training = await resource.find(writer, training_id, locked=True)
    if training is None:
        return
    statement = await find_statement_in_force(writer.connection, training_id)
    if not has_lapsed(training, statement, writer.now):
        return
    freed = await end_training(writer, training, "lapsed")
    writer.record(
        "training.lapsed",
        training_id,
        organisation_id=training.organisation_id,
        reference=training.reference,
        year=training.year,
        was=training.state,
        because="no_statement" if training.state == "approved" else "not_submitted_again",
        freed=freed,
    )
    await write_down(writer)


async def _clock(connection: Connection) -> Writer:
    """The service itself, at the time by the study centre's clock."""
    centre = await get_study_centre(connection)
    return Writer(connection, SERVICE, centre.now, retry_key=b"")
