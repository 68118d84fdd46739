"""Hour pools: the study centre's own accounts of a year."""

from dataclasses import dataclass
from datetime import datetime

from app.db.statements import Connection


@dataclass(frozen=True)
class PoolBalance:
    hours: int
    """What the study centre may grant: minus the source."""
    available: int
    returned: int
    closed_at: datetime | None


async def lock_pool(connection: Connection, year: int) -> PoolBalance:
    """Nobody else moves the pool until the transaction ends; where there was none, there is one of zeros."""
    cursor = await connection.execute(
        "SELECT -state, pool, returned, closed_at FROM lock_hour_pool(%s::smallint)", [year]
    )
    row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("lock_hour_pool() answers one row")
    return PoolBalance(*row)
