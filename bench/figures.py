"""R3: how long statistics take, with a number of training courses and with fifty times as many, and whether they are
those of the ledger.

python -m bench.figures [--quick] [TRAININGS ...]
"""

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from typing import Any

from app.db.health import LEDGER_VIEWS
from bench.__main__ import Bench, served
from bench.load import processor_seconds, tree_of
from bench.trainings import YEARS, add_trainings, superuser_of
from bench.world import SMALLEST, Server, filled

SMALL, LARGE = 100_000, 5_000_000
# What is hidden of people is looked for at the first answer, for each tree: those that follow are of one tree.
READS = {
    "hours of a tree": "hours?under={central}&",
    "hours of a tree, by organisation": "hours?under={central}&by=organisation&",
    "hours of a tree, by month": "hours?under={central}&by=month&",
    "costs of a tree": "costs?under={central}&",
    "participants of a tree": "participants?under={first}&",
    "hours of the study centre": "hours?",
    "hours of the study centre, by topic": "hours?by=topic&",
}
FLOORS = {"hours of a tree": "/r3/{year}/{central}", "hours of the study centre": "/r3/{year}"}

# The same figures without the roll-up: from the courses, their transfers, and the balances.
COURSES = """
SELECT t.organisation_id::text,
    coalesce(sum(t.hours) FILTER (WHERE t.state IN ('submitted', 'approved')), 0) AS planned,
    count(*) FILTER (WHERE t.state IN ('submitted', 'approved')) AS courses, sum(m.reserved), sum(m.used)
FROM trainings t
CROSS JOIN LATERAL (
    SELECT coalesce(sum(CASE kind WHEN 'reservation' THEN hours WHEN 'reversal' THEN 0 ELSE -hours END), 0) AS reserved,
        coalesce(sum(CASE kind WHEN 'use' THEN hours WHEN 'reversal' THEN -hours ELSE 0 END), 0) AS used
    FROM hour_transfers WHERE study_centre_id = t.study_centre_id AND cause_id = t.id
        AND kind IN ('reservation', 'release', 'use', 'reversal')
) m
WHERE t.year = %(year)s AND t.state <> 'draft' AND t.central_organisation_id = ANY (%(centrals)s)
GROUP BY t.organisation_id
"""
TRANSFERS = """
SELECT sum(CASE kind WHEN 'reservation' THEN hours WHEN 'use' THEN -hours WHEN 'release' THEN -hours ELSE 0 END),
    sum(CASE kind WHEN 'use' THEN hours WHEN 'reversal' THEN -hours ELSE 0 END),
    sum(CASE kind WHEN 'grant' THEN hours ELSE 0 END)
FROM hour_transfers WHERE year = %(year)s
"""
BALANCES = """
SELECT sum(reserved), sum(used), sum(common + allotment + reserved + used + lapsed + returned), sum(common + allotment)
FROM hour_balances WHERE year = %(year)s
"""
STATEMENTS = """
SELECT count(*), sum(costs_cents), sum(support_cents)
FROM cost_statements WHERE year = %(year)s AND state = 'approved'
"""


@dataclass(frozen=True)
class Wait:
    milliseconds: float
    """Of one caller who waits for each response, the median."""
    processor: float
    """Milliseconds of the service and the database together, for each request."""


def path_of(bench: Bench, template: str, number: int) -> str:
    return template.format(year=bench.world.year - 1, central=bench.central(number), first=bench.central(0))


def read_path(bench: Bench, name: str, number: int) -> str:
    return f"/v1/statistics/{path_of(bench, READS[name], number)}year={bench.world.year - 1}"


def waits(bench: Bench, server: Server, path: Callable[[int], str], seconds: float) -> Wait:
    """Read until the time is over, but twice at least."""
    headers = {"Authorization": f"Bearer {bench.world.staff_token}"}
    connection = HTTPConnection("127.0.0.1", server.port)
    taken: list[float] = []
    before = sum(processor_seconds(tree_of(pid)) for pid in (server.pid, bench.postmaster))
    until = time.perf_counter() + seconds
    while len(taken) < 2 or time.perf_counter() < until:
        began = time.perf_counter()
        connection.request("GET", path(len(taken)), headers=headers)
        response = connection.getresponse()
        response.read()
        taken.append(time.perf_counter() - began)
        assert response.status == 200, response.status
    connection.close()
    used = sum(processor_seconds(tree_of(pid)) for pid in (server.pid, bench.postmaster)) - before
    return Wait(statistics.median(taken) * 1e3, used / len(taken) * 1e3)


def rounds_of(benches: Sequence[Bench], rounds: int, seconds: float) -> dict[tuple[int, str], list[Wait]]:
    """By number of the database and name, round by round, all of them one after another within each round."""
    runs: dict[tuple[int, str], Callable[[], Wait]] = {}
    for place, bench in enumerate(benches):
        for name in READS:
            runs[place, name] = partial(waits, bench, bench.service, partial(read_path, bench, name), seconds)
        for name, template in FLOORS.items():
            path = partial(path_of, bench, template)
            runs[place, f"{name}, floor"] = partial(waits, bench, bench.floor, path, seconds)
    found = defaultdict(list)
    for number in range(rounds + 1):
        for key, run in runs.items():
            wait = run()
            if number:  # The first round warms up.
                found[key].append(wait)
    return found


def first_of(bench: Bench) -> float:
    """Milliseconds of the first answer about participants of a tree after an approval: it finds what is hidden."""
    with superuser_of(bench.world) as connection:
        connection.execute("DELETE FROM figure_exchanges")
    began = time.perf_counter()
    bench.read(read_path(bench, "participants of a tree", 0))
    return (time.perf_counter() - began) * 1e3


def without_roll_up(bench: Bench) -> float:
    """Milliseconds of the hours of a tree from the courses and the ledger."""
    taken = []
    with superuser_of(bench.world) as connection:
        for number in range(5):
            values = {"year": bench.world.year - 1, "centrals": [bench.central(number)]}
            began = time.perf_counter()
            connection.execute(COURSES, values).fetchall()
            taken.append((time.perf_counter() - began) * 1e3)
    return statistics.median(taken)


def table(benches: Sequence[Bench], sizes: Sequence[int], found: dict[tuple[int, str], list[Wait]]) -> list[str]:
    def cell(place: int, name: str) -> str:
        waits = found[place, name]
        wait, processor = (statistics.median(getattr(one, part) for one in waits) for part in vars(waits[0]))
        return f"{wait:.1f} ({processor:.1f})"

    def growth(name: str) -> str:
        pairs = zip(found[len(sizes) - 1, name], found[0, name], strict=True)
        return f"{statistics.median(large.milliseconds / small.milliseconds for large, small in pairs):.2f}"

    def against(place: int, name: str) -> str:
        pairs = zip(found[place, name], found[place, f"{name}, floor"], strict=True)
        # A few requests take less than the smallest time that the kernel counts.
        return f"{statistics.median(one.processor / (other.processor or 1) for one, other in pairs):.2f}"

    heads = [*(f"{size:,} courses" for size in sizes), "largest ÷ smallest"]
    lines = [f"| response, ms (processor, ms) | {' | '.join(heads)} |", "| --- |" + " --- |" * len(heads)]
    for name in [*READS, *(f"{name}, floor" for name in FLOORS)]:
        cells = [*(cell(place, name) for place in range(len(sizes))), growth(name)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    for name in FLOORS:
        cells = [against(place, name) for place in range(len(sizes))]
        lines.append(f"| {name}, service ÷ floor, processor | {' | '.join(cells)} | |")
    for what, measure in (
        ("participants of a tree, the first after an approval", first_of),
        ("hours of a tree, from the courses and the ledger", without_roll_up),
    ):
        lines.append(f"| {what} | {' | '.join(f'{measure(bench):.1f}' for bench in benches)} | |")
    return lines


@dataclass(frozen=True)
class Comparison:
    """What the statistics say, against the ledger."""

    astray: dict[str, int]
    """The rows of each view that is empty while all is right."""
    compared: int
    """Figures that were compared."""
    different: list[str]

    def __str__(self) -> str:
        views = ", ".join(f"{view} {rows}" for view, rows in self.astray.items())
        return f"{self.compared:,} figures compared with the ledger, {len(self.different)} different; rows of {views}."


def compared(bench: Bench) -> Comparison:
    """Compare the totals and the hours of each organisation, in every year."""
    compared, different = 0, []
    with superuser_of(bench.world) as connection:

        def rows_of(query: str, **values: object) -> list[tuple[Any, ...]]:
            return connection.execute(query.encode(), values).fetchall()

        astray = {view: rows_of(f"SELECT count(*) FROM {view}")[0][0] for view in LEDGER_VIEWS}
        for year in range(bench.world.year - YEARS, bench.world.year):
            of_courses = rows_of(COURSES, year=year, centrals=bench.world.central_ids)
            by_organisation: dict[str, tuple[int, ...]] = {row[0]: tuple(row[1:]) for row in of_courses}
            [transferred], [held] = rows_of(TRANSFERS, year=year), rows_of(BALANCES, year=year)
            [stated] = rows_of(STATEMENTS, year=year)
            hours = bench.read(f"/v1/statistics/hours?year={year}&by=organisation")
            courses = bench.read(f"/v1/statistics/trainings?year={year}&by=organisation")
            costs, total = bench.read(f"/v1/statistics/costs?year={year}")["total"], hours["total"]
            planned = {item["key"]: item["planned"] for item in courses["items"]}
            pairs: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = [
                (item["key"], (item["planned"], planned[item["key"]], item["reserved"], item["used"]), of_ledger)
                for item in hours["items"]
                for of_ledger in [by_organisation.pop(item["key"], (0, 0, 0, 0))]
            ]
            pairs += [(key, (), of_ledger) for key, of_ledger in by_organisation.items()]
            pairs += [
                ("transfers", (total["reserved"], total["used"], total["granted"]), transferred),
                ("balances", tuple(total[name] for name in ("reserved", "used", "granted", "available")), held),
                (
                    "statements",
                    (courses["total"]["held"], costs["costs_cents"], costs["support_cents"]),
                    tuple(number or 0 for number in stated),
                ),
            ]
            compared += sum(len(of_ledger) for _, _, of_ledger in pairs)
            different += [
                f"{year} {what}: {shown}, but {of_ledger}" for what, shown, of_ledger in pairs if shown != of_ledger
            ]
    return Comparison(astray, compared, different)


@contextmanager
def with_trainings(count: int) -> Iterator[Bench]:
    with filled(SMALLEST, durable=False) as (world, issuer, data_dir):
        add_trainings(world, count)
        with served(world, issuer, data_dir, sys.executable, rows=SMALLEST) as bench:
            yield bench


def measured(benches: Sequence[Bench], sizes: Sequence[int], rounds: int, seconds: float) -> str:
    """The comparison of each, and the table."""
    lines = []
    for bench, size in zip(benches, sizes, strict=True):
        comparison = compared(bench)
        with superuser_of(bench.world) as connection:
            counts = "(SELECT count(*) FROM hour_transfers), (SELECT count(*) FROM training_figures)"
            [(transfers, rows)] = connection.execute(f"SELECT {counts}").fetchall()
        lines += [f"{size:,} courses: {transfers:,} transfers, {rows:,} rows summed up. {comparison}"]
        lines += comparison.different
    return "\n".join([*lines, "", *table(benches, sizes, rounds_of(benches, rounds, seconds))])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description=__doc__)
    parser.add_argument("trainings", nargs="*", type=int, help=f"numbers of courses; {SMALL} and {LARGE} unless said")
    parser.add_argument("--quick", action="store_true", help=f"one short round of {SMALL} courses")
    options = parser.parse_args(arguments)
    sizes = options.trainings or ([SMALL] if options.quick else [SMALL, LARGE])
    with ExitStack() as stack:
        benches = [stack.enter_context(with_trainings(size)) for size in sizes]
        print(measured(benches, sizes, 1 if options.quick else 5, 0.5 if options.quick else 2))


if __name__ == "__main__":
    main()
