"""The study centre: get and change its settings."""

from dataclasses import asdict
from typing import Any

from app.db.organisations.study_centre import get_study_centre
from app.db.people.people import study_centres
from app.db.sessions import Reader, Writer
from app.db.statements import change_row
from app.domain.access import check_staff
from app.domain.calendar.deadlines import last_day_before
from app.domain.organisations.study_centre import StudyCentre, StudyCentreChanges, changed, differing
from app.domain.versions import Versions, check_version

ENDING = "study-centre.decisions-by-two-ending"
DECISIONS = frozenset({"decisions_by_two", "decisions_by_two_until"})


async def get_centre(reader: Reader) -> StudyCentre:
    return await get_study_centre(reader)


async def change_centre(writer: Writer, changes: StudyCentreChanges, expected: Versions) -> StudyCentre:
    check_staff(writer.actor)
    before = await get_study_centre(writer, locked=True)
    check_version(before, expected)
    after = changed(before, changes, writer.now)
    settings = differing(before, after)
    if settings:
        if DECISIONS & settings.keys():
            settings |= {name: getattr(after, name) for name in DECISIONS}
        await change_row(writer.connection, study_centres, after.id, **settings)
        writer.record("study-centre.changed", after.id, **settings | _facts_of(settings))
        if until := settings.get("decisions_by_two_until"):
            # The email to all of the staff names the person.
            person_id = str(writer.actor.person_id)
            writer.record(ENDING, after.id, person_id=person_id, last_day=last_day_before(until))
    return after


def _facts_of(settings: dict[str, Any]) -> dict[str, Any]:
    """What has changed, as the audit has it: addresses and codes as JSON, and who signs without the name."""
    facts = {name: asdict(settings[name]) for name in ("address", "koski") if settings.get(name)}
    if signatory := settings.get("certificate_signatory"):
        facts["certificate_signatory"] = {"title": asdict(signatory.title)}
    return facts
