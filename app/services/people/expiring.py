"""Expiring: main-user applications that were not signed in time (rulebook §3.9)."""

from app.db.people.main_user_applications import lock_unmarked
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Writer
from app.db.statements import Connection
from app.db.transactions import write_down
from app.domain.access import SERVICE
from app.services.people.main_user_applications import expire


async def expire_applications(connection: Connection) -> None:
    """Expire the applications whose time is over by the study centre's clock. Repeating it records nothing more."""
    async with connection.transaction():
        centre = await lock_study_centre(connection)
        writer = Writer(connection, SERVICE, centre.now, retry_key=b"")
        for application in await lock_unmarked(writer):
            await expire(writer, application)
        await write_down(writer)
