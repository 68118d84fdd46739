"""`python -m tests.api.trainings.dying_certifier DATABASE STUDY_CENTRE`: a worker that makes certificates, to be
killed."""

import asyncio
import sys
from datetime import UTC, datetime
from uuid import UUID

from app.db.connections import Connections
from app.services.trainings.certificate_batches import make_batches
from app.services.trainings.certificates import Making
from tests.documents.certificate_facts import seal_of
from tests.documents.chains import chain


async def main(database: str, centre: str) -> None:
    connections = Connections(database, largest=1, idle_seconds=1, statement_timeout_ms=5_000, lock_timeout_ms=4_000)
    root, own = chain("Juuri", "Opintokeskus Esimerkki", at=datetime.now(UTC))
    making = Making("https://tunnit.example.org", seal_of(own.identity, root))
    async with connections.apart(UUID(centre), statement_timeout_ms=10_000) as connection:
        await make_batches(connection, making)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
