"""How long the charts of hours take, for a central organisation with many units and five years of hours: the data, as
they are and as they were at a time, and the drawing.

python -m bench.charts [UNITS ...]
"""

import asyncio
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar, get_args

import psycopg

from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.db.sessions import Reader
from app.domain.access import Actor, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.hours.charts import YEARS, Chart, Figures
from app.domain.hours.ledger import distribution, grant, pool_change
from app.pictures.charts import draw_chart
from app.services.hours.charts import get_organisation_chart
from bench.world import SMALLEST, World, filled

ROUNDS = 15
HOURS = 10
Result = TypeVar("Result")


def main(sizes: list[int]) -> None:
    for units in sizes:
        with filled(SMALLEST, durable=False) as (world, _, _):
            add_units(world, units)
            asyncio.run(measure(world, units))


def add_units(world: World, units: int) -> None:
    """To the first central organisation, with as many hours each in all the years that charts show."""
    central_id, ids, now = world.central_ids[0], [new_id() for _ in range(units)], datetime.now(HELSINKI)
    options = f"-c app.study_centre_id={world.centre_id}"
    with psycopg.connect(world.addresses.admin, dbname="tuntipankki", autocommit=True, options=options) as admin:
        with admin.cursor().copy(
            "COPY organisations (id, kind, parent_id, central_organisation_id, name, sort_key, search_text, "
            "active_from, created_at) FROM STDIN"
        ) as copy:
            for unit_id in ids:
                name = f"Yhdistys {unit_id}"
                first_day = date(2000, 1, 1)
                copy.write_row(
                    (unit_id, "association", central_id, central_id, name, name.lower(), name.lower(), first_day, now)
                )
        with admin.cursor().copy(
            "COPY organisation_ancestors (organisation_id, ancestor_id, distance) FROM STDIN"
        ) as copy:
            for unit_id in ids:
                copy.write_row((unit_id, unit_id, 0))
                copy.write_row((unit_id, central_id, 1))
        [person_id] = admin.execute("SELECT id FROM persons LIMIT 1").fetchone() or ()
        hours = units * HOURS
        transfers = [pool_change(hours), grant(central_id, hours)]
        transfers += [distribution(central_id, unit_id, HOURS) for unit_id in ids]
        for year in range(world.year - YEARS + 1, world.year + 1):
            parameters = posting_of(
                year, "bench", new_id(), transfers, retry_key=secrets.token_bytes(32), actor_id=person_id, made_at=now
            )
            admin.execute(posting.sql, posting.set | parameters)
        admin.execute("VACUUM ANALYZE")


async def measure(world: World, units: int) -> None:
    now = datetime.now(HELSINKI)
    staff = Actor.at(new_id(), [RoleGrant("staff", None, now - timedelta(days=1), None)], now)
    options = f"-c app.study_centre_id={world.centre_id}"
    connection = await psycopg.AsyncConnection.connect(world.addresses.service, autocommit=True, options=options)
    async with connection:
        reader = Reader(connection, staff, now)
        for chart in get_args(Chart):
            data = partial(get_organisation_chart, reader, world.central_ids[0], chart, world.year)
            present, figures = await milliseconds(partial(data, at=None))
            past, _ = await milliseconds(partial(data, at=now))
            drawing = statistics.median(drawn_in(figures) for _ in range(ROUNDS))
            print(
                f"{units:6,} units, {chart}: data {present:.1f} ms, at a time {past:.1f} ms, drawing {drawing:.1f} ms"
            )


async def milliseconds(work: Callable[[], Awaitable[Result]]) -> tuple[float, Result]:
    """The median, and the result."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        result = await work()
        taken.append((time.perf_counter() - began) * 1e3)
    return statistics.median(taken), result


def drawn_in(figures: Figures) -> float:
    began = time.perf_counter()
    draw_chart(figures, "fi")
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    main([int(units) for units in sys.argv[1:]] or [100, 1_000, 10_000])
