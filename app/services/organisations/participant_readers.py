"""The named staff who may see participants: put and get."""

from collections.abc import Sequence
from uuid import UUID

from app.db.organisations import participant_readers as questions
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Reader, Writer
from app.domain.access import check_person, check_staff, check_staff_or_auditor
from app.domain.organisations import participant_readers as rules
from app.domain.organisations.participant_readers import NOBODY, ParticipantReaders
from app.domain.versions import Versions, check_version


async def put_readers(
    writer: Writer, *, person_ids: Sequence[UUID], reason: str, expected: Versions
) -> ParticipantReaders:
    check_person(writer.actor)
    check_staff(writer.actor)
    # The second of two simultaneous requests sees what the first has put.
    centre = await lock_study_centre(writer.connection)
    put = await questions.find_readers(writer)
    present = put or NOBODY
    check_version(present, expected, is_put=put is not None)
    rules.check_readers(writer.actor, person_ids, present.person_ids)
    rules.check_all_staff(person_ids, await questions.find_staff(writer, person_ids))
    readers = ParticipantReaders(sorted(person_ids), reason, writer.actor.person_id, writer.actor.name, writer.now)
    await questions.put_readers(writer.connection, readers)
    writer.record(
        "participant-readers.changed", centre.id, reason=reason, person_ids=[str(each) for each in readers.person_ids]
    )
    return readers


async def get_readers(reader: Reader) -> ParticipantReaders:
    check_staff_or_auditor(reader.actor)
    return await questions.find_readers(reader) or NOBODY
