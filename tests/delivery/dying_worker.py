"""`python -m tests.delivery.dying_worker DATABASE STUDY_CENTRE PORT`: a worker for one study centre, to be killed."""

import asyncio
import sys
from datetime import timedelta
from uuid import UUID

from app.db.connections import Connections
from app.delivery.smtp import Server
from app.services.delivery import deliveries
from tests.delivery.conftest import SENDER, TOKENS


async def main(database: str, centre: str, port: str) -> None:
    async def own_centre(_: Connections) -> list[UUID]:
        return [UUID(centre)]

    # The database has study centres of other tests.
    setattr(deliveries, "list_study_centres", own_centre)  # noqa: B010 - It is the module's own import.
    connections = Connections(database, largest=1, idle_seconds=1, statement_timeout_ms=5_000, lock_timeout_ms=4_000)
    server = Server("127.0.0.1", int(port))
    await deliveries.Deliveries(server, SENDER, timedelta(seconds=1), TOKENS).deliver_mails(connections)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
