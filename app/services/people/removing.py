"""Removing: addresses and links some time after they are no longer needed (rulebook §6.8)."""

from app.db.people.removals import remove_ended
from app.db.people.study_centres import get_study_centre
from app.db.statements import Connection
from app.db.support.enrolments import remove_old_enrolments


async def remove_old_addresses(connection: Connection) -> int:
    """By the clock of the study centre. Return the number of rows."""
    async with connection.transaction():
        now = (await get_study_centre(connection)).now
        return await remove_ended(connection, now) + await remove_old_enrolments(connection, now)
