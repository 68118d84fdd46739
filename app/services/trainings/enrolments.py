"""Who has enrolled in a training course: for those who see its participants."""

from collections.abc import Sequence
from uuid import UUID

from app.db.paging import PageRequest, Slice
from app.db.sessions import Writer
from app.db.support.enrolments import people
from app.domain.support.enrolments import EnrolledPerson, EnrolmentState
from app.services.trainings.participants import read_training, record_reading


async def list_enrolments(
    writer: Writer, page: PageRequest, training_id: UUID, *, state: Sequence[EnrolmentState] | None
) -> Slice[EnrolledPerson]:
    """Those who are enrolled and who wait, in the order of their confirmations. What staff read is recorded."""
    training = await read_training(writer, "training", training_id)
    found = await people.page(writer, page, subject_id=training_id, state=state)
    record_reading(writer, training)
    return found
