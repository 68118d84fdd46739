"""Removing: addresses and links some time after they are no longer needed (rulebook §6.8)."""

from app.db.people.removals import remove_ended
from app.db.people.study_centres import get_study_centre
from app.db.statements import Connection


async def remove_old_addresses(connection: Connection) -> int:
    """By the clock of the study centre. Return the number of rows."""
    async with connection.transaction():
        return await remove_ended(connection, (await get_study_centre(connection)).now)
