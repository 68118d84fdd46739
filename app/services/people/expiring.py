"""Expiring: main-user applications that were not signed in time (rulebook §3.9)."""

from datetime import UTC, datetime

from app.db.delivery.mails import lock_making
from app.db.people.expiries import expire, record_expired
from app.db.statements import Connection


async def expire_applications(connection: Connection) -> None:
    """All that have expired by now, of the connection's study centre, by its clock; again and it records no more."""
    async with connection.transaction():
        maker = await lock_making(connection)
        now = maker.clock_at or datetime.now(UTC)
        await record_expired(connection, await expire(connection, now), now)
