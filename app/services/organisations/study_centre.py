"""The study centre: get and change its settings."""

from typing import Any

from app.db.organisations.study_centre import get_study_centre
from app.db.people.people import study_centres
from app.db.sessions import Reader, Writer
from app.db.statements import change_row
from app.domain.access import check_staff
from app.domain.calendar.deadlines import last_day_before
from app.domain.organisations.study_centre import StudyCentre, StudyCentreChanges, changed
from app.domain.versions import Versions, check_version

ENDING = "study-centre.decisions-by-two-ending"


async def get_centre(reader: Reader) -> StudyCentre:
    return await get_study_centre(reader)


async def change_centre(writer: Writer, changes: StudyCentreChanges, expected: Versions) -> StudyCentre:
    check_staff(writer.actor)
    before = await get_study_centre(writer, locked=True)
    check_version(before, expected)
    after = changed(before, changes, writer.now)
    if after != before:
        until = after.decisions_by_two_until
        settings: dict[str, Any] = {"decisions_by_two": after.decisions_by_two, "decisions_by_two_until": until}
        await change_row(writer.connection, study_centres, after.id, **settings)
        writer.record("study-centre.changed", after.id, **settings)
        if until:
            # The email to all of the staff names the person.
            person_id = str(writer.actor.person_id)
            writer.record(ENDING, after.id, person_id=person_id, last_day=last_day_before(until))
    return after
