"""The median of the costs of an hour, as the database finds it, is the one of the rulebook."""

import asyncio
from fractions import Fraction
from random import Random
from statistics import median

import pytest

from app.db.connections import Connections
from app.db.trainings.statement_flags import find_median_per_hour
from app.local.embedded_postgres import Addresses
from tests.builders import Centre
from tests.trainings import add_statement, add_training

SMALL = [(0, 1), (1, 3), (2, 6), (10**13, 1), (10**13 - 1, 10**7), (10**13, 10**7)]


@pytest.mark.parametrize(("number", "seed"), [(19, 1), (20, 2), (21, 3), (40, 4), (41, 5)])
def test_it_is_exact(database: Addresses, centre: Centre, number: int, seed: int) -> None:
    organisation = centre.organisation()
    chance = Random(seed)
    approved = [chance.choice(SMALL) for _ in range(number)]
    for state, (cents, hours) in [
        *(("approved", each) for each in approved),
        ("rejected", (7, 7)),
        ("approved", (7, 0)),
    ]:
        add_statement(centre, add_training(centre, organisation), state, costs_cents=cents, hours=hours)
    # Hours of peer groups cost less, and are not compared with those of courses.
    add_statement(
        centre,
        add_training(centre, organisation, hour_type="peer_group"),
        "approved",
        costs_cents=10**12,
        hours=1,
    )
    expected = median(Fraction(cents, hours) for cents, hours in approved) if number >= 20 else None
    assert found(database, centre, 2023) == expected
    assert found(database, centre, 2024) is None


def found(database: Addresses, centre: Centre, year: int) -> Fraction | None:
    async def ask() -> Fraction | None:
        connections = Connections(
            database.service, largest=1, idle_seconds=1, statement_timeout_ms=5_000, lock_timeout_ms=1_000
        )
        try:
            async with connections.apart(centre.id, statement_timeout_ms=5_000) as connection:
                return await find_median_per_hour(connection, year, "training")
        finally:
            await connections.close()

    return asyncio.run(ask())
