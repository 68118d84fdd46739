"""`python -m tests.api.trainings.dying_worker DATABASE STUDY_CENTRE`: a worker that lapses trainings, to be killed."""

import asyncio
import sys
from uuid import UUID

from app.db.connections import Connections
from app.services.trainings.lapsing import lapse_trainings


async def main(database: str, centre: str) -> None:
    connections = Connections(database, largest=1, idle_seconds=1, statement_timeout_ms=5_000, lock_timeout_ms=4_000)
    async with connections.apart(UUID(centre), statement_timeout_ms=10_000) as connection:
        await lapse_trainings(connection)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
