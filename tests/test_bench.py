"""The benchmarks run: tables of figures come out, on a small scale, and statistics are those of the ledger."""

import pytest

from bench import figures
from bench.__main__ import measured
from bench.trainings import superuser_of
from bench.world import SMALLEST

ASTRAY = """
UPDATE training_figures SET used_hours = used_hours + 1
WHERE ctid IN (SELECT ctid FROM training_figures WHERE used_hours > 0 LIMIT 1)
"""


@pytest.mark.long
def test_the_benchmark_measures_every_operation() -> None:
    table = measured([SMALLEST], 1, 0.02, durable=False)
    for shown in ("| R1 |", "| R2 |", "| R2, page 2,000", "| W2 |", "on one hot account", "after 20 mixed requests"):
        assert shown in table


@pytest.mark.long
def test_statistics_of_many_courses_are_those_of_the_ledger() -> None:
    with figures.with_trainings(2_000) as bench:
        comparison = figures.compared(bench)
        assert comparison.compared > 10_000
        assert comparison.different == []
        assert set(comparison.astray.values()) == {0}
        table = figures.table([bench], [2_000], figures.rounds_of([bench], 1, 0))
        assert [line for line in table if line.startswith("| hours of a tree |")]
        with superuser_of(bench.world) as connection:
            connection.execute(ASTRAY)
        comparison = figures.compared(bench)
        # The figure and the total of its year, and what the year's balances say, differ.
        assert len(comparison.different) == 3
        assert comparison.astray["training_figures_astray"] == 2
